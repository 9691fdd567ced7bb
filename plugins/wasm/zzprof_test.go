package wasm
import ("testing";"os";"time";"context";"fmt";"sort"
"github.com/tetratelabs/wazero/api"
"github.com/tetratelabs/wazero"
"github.com/tetratelabs/wazero/experimental"
"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
"encoding/json"
"github.com/revsync/revsync/sdk")
type pl struct{}
var incl=map[string]time.Duration{}
var cnt=map[string]int{}
type fr struct{n string; t time.Time}
var st []fr
func (pl) NewFunctionListener(d api.FunctionDefinition) experimental.FunctionListener { return pl{} }
func (pl) Before(_ context.Context,_ api.Module,d api.FunctionDefinition,_ []uint64,_ experimental.StackIterator){ st=append(st,fr{d.DebugName(),time.Now()}) }
func (pl) After(_ context.Context,_ api.Module,d api.FunctionDefinition,_ []uint64){ f:=st[len(st)-1]; st=st[:len(st)-1]; cnt[f.n]++
 for _,x:=range st { if x.n==f.n {return} }
 incl[f.n]+=time.Since(f.t) }
func (pl) Abort(context.Context,api.Module,api.FunctionDefinition,error){}
func TestProf(t *testing.T){
 code,_:=os.ReadFile("/tmp/bs.wasm"); ctx:=context.Background()
 r:=wazero.NewRuntimeWithConfig(ctx,Options{}.orDefaults().config())
 wasi_snapshot_preview1.MustInstantiate(ctx,r); linkHost(ctx,r)
 c,err:=r.CompileModule(experimental.WithFunctionListenerFactory(ctx,pl{}),code); if err!=nil{t.Fatal(err)}
 in,_:=json.Marshal(&sdk.Request{Component:"permissions",Trigger:"reverse"})
 m:=&Module{runtime:r,compiled:c}
 m.run(ctx,exportEvaluate,&call{input:in})
 incl=map[string]time.Duration{}; cnt=map[string]int{}; st=nil
 _,err=m.run(ctx,exportEvaluate,&call{input:in}); if err!=nil{t.Fatal(err)}
 type e struct{n string;d time.Duration}
 var l []e
 for n,d:=range incl{l=append(l,e{n,d})}
 sort.Slice(l,func(i,j int)bool{return l[i].d>l[j].d})
 for _,x:=range l[:60]{fmt.Println(x.d.Round(10*time.Microsecond),cnt[x.n],x.n)}
}
