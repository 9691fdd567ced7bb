package schema

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
)

// listed is one entry of listCollections.
type listed struct {
	ns      mdb.Namespace
	kind    string // collection, view, timeseries
	uuid    UUID   // zero for a view
	options bson.Raw
}

// userDatabases names the databases that can be part of a sync. It fails when
// the user may not see all of them; the server would leave some out otherwise.
func userDatabases(ctx context.Context, c *mdb.Cluster) ([]string, error) {
	reply, err := c.Run(ctx, "admin", bson.D{
		{Key: "listDatabases", Value: 1}, {Key: "nameOnly", Value: true}, {Key: "authorizedDatabases", Value: false},
	})
	if err != nil {
		return nil, fmt.Errorf("list the databases: %w", err)
	}
	list, _ := reply.Lookup("databases").ArrayOK()
	values, err := list.Values()
	if err != nil {
		return nil, fmt.Errorf("%s: list the databases: %w", c.Name(), err)
	}
	var out []string
	for _, v := range values {
		if name, _ := v.Document().Lookup("name").StringValueOK(); mdb.UserDB(name) {
			out = append(out, name)
		}
	}
	return out, nil
}

// listNamespaces asks for the collections and views of one database; a nil
// filter means all.
func listNamespaces(ctx context.Context, c *mdb.Cluster, db string, filter bson.D) ([]listed, error) {
	cmd := bson.D{{Key: "listCollections", Value: 1}}
	if filter != nil {
		cmd = append(cmd, bson.E{Key: "filter", Value: filter})
	}
	docs, err := c.All(ctx, db, cmd)
	if err != nil {
		return nil, fmt.Errorf("list the collections of %s: %w", db, err)
	}
	var out []listed
	for _, d := range docs {
		out = append(out, readListed(db, d))
	}
	return out, nil
}

// readListed joins what the server shows in several places; the options then
// read like those of a create event.
func readListed(db string, d bson.Raw) listed {
	l := listed{ns: mdb.Namespace{DB: db}}
	l.ns.Coll, _ = d.Lookup("name").StringValueOK()
	l.kind, _ = d.Lookup("type").StringValueOK()
	l.uuid, _ = UUIDOf(d.Lookup("info", "uuid"))
	options, _ := d.Lookup("options").DocumentOK()
	l.options = keptOptions(options)
	if id, ok := d.Lookup("idIndex").DocumentOK(); ok {
		l.options = with(l.options, "idIndex", documentValue(without(id, "ns")))
	}
	return l
}

// byName finds one collection or view; found is false when the name is free.
func byName(ctx context.Context, c *mdb.Cluster, ns mdb.Namespace) (l listed, found bool, err error) {
	return only(listNamespaces(ctx, c, ns.DB, bson.D{{Key: "name", Value: ns.Coll}}))
}

// byUUID finds a collection of a database whatever its name is now.
func byUUID(ctx context.Context, c *mdb.Cluster, db string, u UUID) (l listed, found bool, err error) {
	return only(listNamespaces(ctx, c, db, bson.D{{Key: "info.uuid", Value: u.Binary()}}))
}

func only(all []listed, err error) (listed, bool, error) {
	if err != nil || len(all) == 0 {
		return listed{}, false, err
	}
	return all[0], true, nil
}

// listIndexes asks for the finished secondary indexes of a collection, by its
// UUID, so that a rename meanwhile cannot show those of another. hasID is false
// when nothing indexes _id. An index that is still being built is left out: it
// may be given up, and when it is finished a createIndexes event says so.
func listIndexes(ctx context.Context, c *mdb.Cluster, db string, u UUID) (specs []bson.Raw, hasID bool, err error) {
	docs, err := c.All(ctx, db, bson.D{{Key: "listIndexes", Value: u.Binary()}, {Key: "includeBuildUUIDs", Value: true}})
	if err != nil {
		return nil, false, err
	}
	for _, d := range docs {
		switch {
		case has(d, "buildUUID"):
		case truthy(d.Lookup("clustered")) || isIDKey(d):
			hasID = true
		default:
			specs = append(specs, without(d, "ns"))
		}
	}
	return specs, hasID, nil
}

func isIDKey(spec bson.Raw) bool {
	key, _ := spec.Lookup("key").DocumentOK()
	elements, err := key.Elements()
	if err != nil || len(elements) != 1 || elements[0].Key() != "_id" {
		return false
	}
	n, ok := number(elements[0].Value()) // {_id: -1} and {_id: "hashed"} are secondary indexes
	return ok && n > 0
}

func indexName(spec bson.Raw) string {
	name, _ := spec.Lookup("name").StringValueOK()
	return name
}
