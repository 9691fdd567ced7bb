package main
import ("testing";"os";"github.com/stretchr/testify/require";"time";"fmt")
func TestZZ(t *testing.T){
 if os.Getenv("ZZ")=="" {t.Skip()}
 p:=shortPlan
 if os.Getenv("ZZ")=="full" {p=fullPlan}
 b := &bench{settings: settings{plan:p,cacheGB: 1.5, oplogMB: 2048}, dir: t.TempDir(), log: os.Stderr, turns: map[string][]figures{}}
 require.NoError(t, b.prepareSource(t.Context()))
 defer b.close()
 for i:=range 2 { s:=time.Now(); require.NoError(t, b.turn(t.Context(), i, rawName)); fmt.Printf("turn %v %+v disk %s\n", time.Since(s), b.turns[rawName][i], megabytes(b.diskMax)) }
 table(os.Stdout, b.turns[rawName], b.turns[rawName])
}
