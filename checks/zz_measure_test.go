package checks
import ("testing";"time";"fmt";"syscall";"encoding/json";"github.com/revsync/revsync/plugins";"github.com/revsync/revsync/sdk")
func cpu() time.Duration { var u syscall.Rusage; syscall.Getrusage(0,&u); return time.Duration(u.Utime.Nano()+u.Stime.Nano()) }
func TestZZ(t *testing.T){ req:=realistic(t); bl,ba,bc,bcl:=time.Hour,time.Hour,time.Hour,time.Hour
 per:=map[string]int64{}
 for range 25 { s,c:=time.Now(),cpu(); m,_:=Builtin(t.Context()); bl=min(bl,time.Since(s)); bcl=min(bcl,cpu()-c)
 r,_:=plugins.NewRunner(m).Review(t.Context(),req,nil); ba=min(ba,time.Since(s)); bc=min(bc,cpu()-c)
 for _,x:=range r.Results{ if v,ok:=per[x.Component];!ok||x.DurationMillis<v{per[x.Component]=x.DurationMillis}}
 m.Close(t.Context()) }
 fmt.Println("min load",bl,"cpu",bcl,"all",ba,"cpu",bc,per) }
func TestBig(t *testing.T){ r:=realistic(t); m:=load(t)
 for i:=range r.Facts.UniqueIndexes.Source.Members { for k:=range 1000 { r.Facts.UniqueIndexes.Source.Members[i].Suspects=append(r.Facts.UniqueIndexes.Source.Members[i].Suspects, sdk.UniqueIndex{Namespace:fmt.Sprintf("shop.coll%d",k),Name:"email_1",Key:[]byte(`{"email":1}`),CollectionUUID:"6f9619ff-8b86-d011-b42d-00c04fc964ff",FormatVersion:8,Validated:true,ValidateWarnings:[]string{"Unique index email_1 has one or more keys in the old format (without embedded record id). First record: 1"}}) } }
 b,_:=json.Marshal(r); s,c:=time.Now(),cpu()
 rep,err:=plugins.NewRunner(m).Review(t.Context(),r,nil)
 fmt.Println("big",len(b),"wall",time.Since(s),"cpu",cpu()-c,err,rep.Eligible) }
