package mongotest_test

import (
	"context"
	"fmt"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mongotest"
)

// Outside of tests, Start gives a set that its caller stops.
func ExampleStart() {
	ctx := context.Background()
	rs, err := mongotest.Start(ctx, mongotest.Options{Name: "demo"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rs.Remove()

	client, err := rs.Connect(ctx, mongotest.App)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Disconnect(ctx)
	_, err = client.Database("shop").Collection("orders").InsertOne(ctx, bson.D{{Key: "_id", Value: 1}})
	fmt.Println(rs.Name(), len(rs.Members()), err)
	// Output: demo 1 <nil>
}

// In a test, New and Pair clean up by themselves.
func ExamplePair() {
	_ = func(t *testing.T) {
		a, b := mongotest.Pair(t, mongotest.Options{Members: 3})
		source, destination := a.Client(t, mongotest.Sync), b.Client(t, mongotest.Sync)
		_, _ = source, destination
		if err := a.StepDown(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
