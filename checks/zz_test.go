package checks
import ("testing";"time";"fmt";"syscall";"github.com/revsync/revsync/plugins")
func cpu() time.Duration { var u syscall.Rusage; syscall.Getrusage(0,&u); return time.Duration(u.Utime.Nano()+u.Stime.Nano()) }
func TestZZ(t *testing.T){ req:=realistic(t); bl,ba,bc,bcl:=time.Hour,time.Hour,time.Hour,time.Hour
 per:=map[string]int64{}
 for range 15 { s,c:=time.Now(),cpu(); m,_:=Builtin(t.Context()); bl=min(bl,time.Since(s)); bcl=min(bcl,cpu()-c)
 r,_:=plugins.NewRunner(m).Review(t.Context(),req,nil); ba=min(ba,time.Since(s)); bc=min(bc,cpu()-c)
 for _,x:=range r.Results{ if v,ok:=per[x.Component];!ok||x.DurationMillis<v{per[x.Component]=x.DurationMillis}}
 m.Close(t.Context()) }
 fmt.Println("min load",bl,"cpu",bcl,"all",ba,"cpu",bc,per) }
