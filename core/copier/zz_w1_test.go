package copier_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/copier"
	"github.com/revsync/revsync/core/mdb"
)

func cpuOfChildren() (out []float64) {
	self := fmt.Sprint(os.Getpid())
	ents, _ := os.ReadDir("/proc")
	for _, e := range ents {
		b, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue
		}
		s := string(b)
		i := strings.LastIndex(s, ")")
		f := strings.Fields(s[i+1:])
		if f[1] != self {
			continue
		}
		u, _ := strconv.Atoi(f[11])
		k, _ := strconv.Atoi(f[12])
		out = append(out, float64(u+k)/100)
	}
	return out
}

func cpuSelf() float64 {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return float64(r.Utime.Sec+r.Stime.Sec) + float64(r.Utime.Usec+r.Stime.Usec)/1e6
}

func busy() float64 {
	b, _ := os.ReadFile("/proc/stat")
	f := strings.Fields(strings.SplitN(string(b), "\n", 2)[0])
	t := 0
	for _, i := range []int{1, 2, 3, 6, 7} {
		n, _ := strconv.Atoi(f[i])
		t += n
	}
	return float64(t) / 100
}

func TestW1(t *testing.T) {
	w := newWorldLong(t)
	sizes := map[string]int{"a": 700_000, "b": 200_000, "c": 75_000, "d": 25_000}
	var total int64
	for name, n := range sizes {
		total += w.orders("bench", name, n)
	}
	idx := bson.A{
		bson.D{{Key: "key", Value: bson.D{{Key: "customer", Value: 1}}}, {Key: "name", Value: "c"}},
		bson.D{{Key: "key", Value: bson.D{{Key: "state", Value: 1}, {Key: "at", Value: 1}}}, {Key: "name", Value: "s"}},
		bson.D{{Key: "key", Value: bson.D{{Key: "note", Value: 1}}}, {Key: "name", Value: "n"}},
	}
	withIndexes := os.Getenv("IDX") != ""
	if withIndexes {
		for name := range sizes {
			run(t, w.src, "bench", bson.D{{Key: "createIndexes", Value: name}, {Key: "indexes", Value: idx}})
		}
	}
	rounds, _ := strconv.Atoi(os.Getenv("ROUNDS"))
	for range max(rounds, 2) {
		for _, kind := range strings.Split(os.Getenv("KINDS"), ",") {
			run(t, w.dst, "bench", bson.D{{Key: "dropDatabase", Value: 1}})
			cat := w.catalog("bench")
			run(t, w.dst, "admin", bson.D{{Key: "fsync", Value: 1}})
			c0, s0, b0, t0 := cpuOfChildren(), cpuSelf(), busy(), time.Now()
			switch {
			case kind == "loop":
				for _, name := range []string{"a", "b", "c", "d"} {
					w.plainLoop(mdb.Namespace{DB: "bench", Coll: name})
					if withIndexes {
						_, err := w.dst.Database("bench").RunCommand(context.Background(), bson.D{{Key: "createIndexes", Value: name}, {Key: "indexes", Value: idx}}).Raw()
						require.NoError(t, err)
					}
				}
			default:
				var r, wr int
				fmt.Sscanf(kind, "r%dw%d", &r, &wr)
				j := w.job(cat, copier.Limits{})
				j.Readers, j.Writers = r, wr
				_, err := j.Partition(context.Background())
				require.NoError(t, err)
				require.NoError(t, j.Copy(context.Background()))
			}
			el := time.Since(t0).Seconds()
			c1, s1, b1 := cpuOfChildren(), cpuSelf(), busy()
			src, dst := c1[0]-c0[0], c1[1]-c0[1]
			var ms runtime.MemStats
			runtime.ReadMemStats(&ms)
			st, _ := os.ReadFile("/proc/self/status")
			rss := ""
			for _, l := range strings.Split(string(st), "\n") {
				if strings.HasPrefix(l, "VmHWM") || strings.HasPrefix(l, "VmRSS") {
					rss += l + " "
				}
			}
			fmt.Printf("W1 %-8s %6.2f s %6.1f MB/s  cpu src/dst %.1f/%.1f self %.2f noise %.1f %s\n", kind, el, float64(total)/1e6/el, src, dst, s1-s0, b1-b0-(src+dst+s1-s0), rss)
		}
	}
}

func newWorldLong(t testing.TB) *world { return newWorld(t) }
