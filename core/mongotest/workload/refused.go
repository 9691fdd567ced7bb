package workload

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// probeDatabase is never written to on a closed side.
const probeDatabase = "live_probe"

// MustRefuse returns nil if a side refuses a plain user's write with code 371, and
// else an error. If the write was done after all, it is undone.
func MustRefuse(ctx context.Context, client *mongo.Client) error {
	ctx, cancel := context.WithTimeout(ctx, operationTimeout)
	defer cancel()
	collection := majority(client, probeDatabase).Collection("probe")
	_, err := collection.InsertOne(ctx, d("_id", bson.NewObjectID()))
	switch {
	case hasCode(err, codeUserWritesBlocked):
		return nil
	case err != nil:
		return fmt.Errorf("a plain user's write was not refused with code %d, but with: %w", codeUserWritesBlocked, err)
	}
	return errors.Join(fmt.Errorf("a plain user's write was not refused with code %d: it was done", codeUserWritesBlocked),
		collection.Drop(ctx))
}
