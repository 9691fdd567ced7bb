package facts

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
)

// storageStats asks for the storage statistics of one collection, cut down on
// the server: the whole is tens of kilobytes for each index. The fields to keep
// are under $storageStats. It needs the action collStats.
func storageStats(ctx context.Context, c *mdb.Cluster, ns mdb.Namespace, keep bson.D) (bson.Raw, error) {
	rows, err := c.All(ctx, ns.DB, bson.D{
		{Key: "aggregate", Value: ns.Coll},
		{Key: "pipeline", Value: bson.A{
			bson.D{{Key: "$collStats", Value: bson.D{{Key: "storageStats", Value: bson.D{}}}}},
			bson.D{{Key: "$project", Value: keep}},
		}},
		{Key: "cursor", Value: bson.D{}},
	})
	if err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, fmt.Errorf("%s: $collStats of %s answers %d documents, not one", c.Name(), ns, len(rows))
	}
	return rows[0], nil
}
