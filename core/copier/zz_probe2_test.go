package copier_test

import (
	"context"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
)

func TestProbe2(t *testing.T) {
	a := mongotest.New(t, mongotest.Options{Version: "6.0.5"})
	c, err := mdb.Connect("x", a.URI(mongotest.Sync))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	root := a.Client(t, mongotest.Root)
	ctx := context.Background()
	ns := mdb.Namespace{DB: "d", Coll: "w"}
	id := 0
	for range 60 {
		var arr mdb.Array
		for range 5000 {
			id++
			b, _ := bson.Marshal(bson.D{{Key: "_id", Value: id}, {Key: "pad", Value: make([]byte, 300)}})
			arr.Add(b)
		}
		c.Insert(ctx, mdb.Write{NS: ns, Statements: arr.Raw()})
	}
	octx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	cur, err := c.Open(octx, "d", bson.D{{Key: "find", Value: "w"}, {Key: "batchSize", Value: 1000}, {Key: "hint", Value: bson.D{{Key: "_id", Value: 1}}}}, 5000, 0)
	cancel()
	if err != nil {
		t.Fatal(err)
	}
	b := time.Now()
	for i := range 300 {
		x, err := cur.Next(ctx)
		if err != nil || x == nil {
			t.Log(i, err, x == nil, time.Since(b))
			break
		}
	}
	cur.Close(ctx)
	cur, err = c.Open(ctx, "d", bson.D{{Key: "find", Value: "w"}, {Key: "batchSize", Value: 10}}, 5000, 0)
	t.Log(err)
	x, err := cur.Next(ctx)
	t.Log(x.Len(), err)
	t.Log(root.Database("admin").RunCommand(ctx, bson.D{{Key: "configureFailPoint", Value: "failCommand"}, {Key: "mode", Value: bson.D{{Key: "times", Value: 1}}}, {Key: "data", Value: bson.D{{Key: "failCommands", Value: bson.A{"getMore"}}, {Key: "blockConnection", Value: true}, {Key: "blockTimeMS", Value: 2000}, {Key: "appName", Value: "revsync"}}}}).Err())
	octx, cancel = context.WithTimeout(ctx, 200*time.Millisecond)
	b = time.Now()
	_, err = cur.Next(octx)
	t.Log(time.Since(b))
	t.Logf("%v | %v %v", err, mdb.ClassOf(err), octx.Err())
}
