package wasm
import ("testing";"os";"time";"context";"fmt"
"github.com/revsync/revsync/sdk")
func TestZZ(t *testing.T){
 code,_:=os.ReadFile("/tmp/b.wasm")
 best:=time.Hour; be:=time.Hour
 for i:=0;i<6;i++{
 s:=time.Now()
 m,err:=Load(context.Background(),code,Options{Compile: os.Getenv("COMPILE")!=""})
 if err!=nil{t.Fatal(err)}
 best=min(best,time.Since(s))
 for i:=0;i<6;i++{ for _,c:=range []string{"permissions","versions"}{
 s=time.Now()
 _,err:=m.Evaluate(context.Background(),nil,&sdk.Request{Component:c,Trigger:"reverse"})
 if err!=nil{t.Fatal(err)}
 be=min(be,time.Since(s))
 }}}
 fmt.Println("load",best,"eval",be)
}
