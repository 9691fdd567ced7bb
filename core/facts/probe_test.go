package facts

import (
	"fmt"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestProbe(t *testing.T) {
	begin := time.Now()
	rs := oldFormat(t)
	fmt.Println("made in", time.Since(begin))
	m := old{t, rs.Members()[0]}
	for _, c := range []string{"single", "two", "v1", "rekeyed", "new_at_42"} {
		fmt.Println(c, m.run("fx", bson.D{{Key: "validate", Value: c}, {Key: "background", Value: true}}))
	}
	fmt.Println(m.run("fx", bson.D{{Key: "collMod", Value: "two"}, {Key: "index", Value: bson.D{{Key: "name", Value: "u"}, {Key: "forceNonUnique", Value: true}}}}))
	fmt.Println("two after", m.run("fx", bson.D{{Key: "validate", Value: "two"}, {Key: "background", Value: true}}))
	fmt.Println("two after fg", m.run("fx", bson.D{{Key: "validate", Value: "two"}}))
}
