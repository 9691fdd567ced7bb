package mdb

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// UnfinishedWrites lists the namespaces of the inserts, updates and deletes
// that the primary is still carrying out for this engine's user, once for each
// command; writes to MetadataDB are left out.
//
// A write goes on when the client that sent it is gone: cancelled, timed out or
// killed. It can take effect long after its sender, or the sender's successor,
// has done the same work again and gone on. Before anything may rely on the
// order of writes, wait until the list is empty. The commands end by
// themselves, since each has a time limit. No privilege is needed: a user may
// always see its own operations.
func (c *Cluster) UnfinishedWrites(ctx context.Context) ([]Namespace, error) {
	found, err := c.All(ctx, "admin", bson.D{
		{Key: "aggregate", Value: 1}, {Key: "cursor", Value: bson.D{}},
		{Key: "pipeline", Value: bson.A{
			bson.D{{Key: "$currentOp", Value: bson.D{{Key: "allUsers", Value: false}}}},
			bson.D{{Key: "$match", Value: bson.D{{Key: "appName", Value: AppName}, {Key: "type", Value: "op"}}}},
			bson.D{{Key: "$project", Value: bson.D{{Key: "ns", Value: 1}, {Key: "op", Value: 1},
				{Key: "insert", Value: "$command.insert"}, {Key: "update", Value: "$command.update"}, {Key: "delete", Value: "$command.delete"}}}},
		}},
	})
	if err != nil {
		return nil, fmt.Errorf("list the writes under way: %w", err)
	}
	var out []Namespace
	for _, op := range found {
		if ns, ok := writtenBy(op); ok && ns.DB != MetadataDB {
			out = append(out, ns)
		}
	}
	return out, nil
}

// writtenBy reads one operation. One that was received but not begun is still a
// plain command, on the namespace "db.$cmd".
func writtenBy(op bson.Raw) (ns Namespace, ok bool) {
	text, _ := op.Lookup("ns").StringValueOK()
	ns = ParseNamespace(text)
	switch kind, _ := op.Lookup("op").StringValueOK(); kind {
	case "insert", "update", "remove":
		return ns, true
	}
	for _, verb := range []string{"insert", "update", "delete"} {
		if coll, is := op.Lookup(verb).StringValueOK(); is {
			return Namespace{DB: ns.DB, Coll: coll}, true
		}
	}
	return ns, false
}
