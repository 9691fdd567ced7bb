package judge

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Databases and collections that are each side's own.
var (
	ownDatabases   = []string{"admin", "config", "local", "revsync_internal"}
	ownCollections = []string{"system.views", "system.profile"}
)

// Types of a namespace, in the words of listCollections.
const (
	kindCollection = "collection"
	kindView       = "view"
)

type namespace struct{ database, name string }

func (n namespace) String() string { return n.database + "." + n.name }

func (n namespace) compare(m namespace) int {
	return cmp.Or(cmp.Compare(n.database, m.database), cmp.Compare(n.name, m.name))
}

// entry is what the catalog of one side says about a namespace.
type entry struct {
	kind    string
	options bson.Raw
	indexes map[string]bson.Raw // by name
}

func (e *entry) capped() bool {
	capped, _ := e.options.Lookup("capped").BooleanOK()
	return capped
}

func catalogOf(ctx context.Context, side *mongo.Client) (map[namespace]*entry, error) {
	databases, err := side.ListDatabaseNames(ctx, bson.D{}, options.ListDatabases().SetAuthorizedDatabases(false))
	if err != nil {
		return nil, fmt.Errorf("list databases: %w", err)
	}
	catalog := map[namespace]*entry{}
	for _, database := range databases {
		if slices.Contains(ownDatabases, database) {
			continue
		}
		if err := addDatabase(ctx, side.Database(database), catalog); err != nil {
			return nil, fmt.Errorf("list collections of %s: %w", database, err)
		}
	}
	if err := addViews(ctx, side, catalog); err != nil {
		return nil, fmt.Errorf("list the stored views: %w", err)
	}
	return catalog, nil
}

// addViews adds what is stored: a primary of MongoDB 6.0 that has refused a user's
// dropDatabase lists that database's views no more until one of them is dropped.
func addViews(ctx context.Context, side *mongo.Client, catalog map[namespace]*entry) error {
	cursor, err := side.Database("admin").Aggregate(ctx, bson.A{
		bson.D{{Key: "$listCatalog", Value: bson.D{}}},
		bson.D{{Key: "$match", Value: bson.D{{Key: "type", Value: kindView}, {Key: "db", Value: bson.D{{Key: "$nin", Value: ownDatabases}}}}}},
		bson.D{{Key: "$project", Value: bson.D{{Key: "db", Value: 1}, {Key: "name", Value: 1},
			{Key: "options.viewOn", Value: "$viewOn"}, {Key: "options.pipeline", Value: "$pipeline"}, {Key: "options.collation", Value: "$collation"}}}},
	})
	if err != nil {
		return err
	}
	var list []struct {
		DB, Name string
		Options  bson.Raw
	}
	if err := cursor.All(ctx, &list); err != nil {
		return err
	}
	for _, v := range list {
		catalog[namespace{v.DB, v.Name}] = &entry{kind: kindView, options: v.Options}
	}
	return nil
}

func addDatabase(ctx context.Context, database *mongo.Database, catalog map[namespace]*entry) error {
	cursor, err := database.ListCollections(ctx, bson.D{})
	if err != nil {
		return err
	}
	var list []struct {
		Name    string
		Type    string
		Options bson.Raw
	}
	if err := cursor.All(ctx, &list); err != nil {
		return err
	}
	for _, c := range list {
		if slices.Contains(ownCollections, c.Name) || c.Type == kindView {
			continue
		}
		e := &entry{kind: c.Type, options: c.Options}
		if c.Type == kindCollection {
			if e.indexes, err = indexesOf(ctx, database.Collection(c.Name)); err != nil {
				return fmt.Errorf("indexes of %s: %w", c.Name, err)
			}
		}
		catalog[namespace{database.Name(), c.Name}] = e
	}
	return nil
}

func indexesOf(ctx context.Context, collection *mongo.Collection) (map[string]bson.Raw, error) {
	cursor, err := collection.Indexes().List(ctx)
	if err != nil {
		return nil, err
	}
	var list []bson.Raw
	if err := cursor.All(ctx, &list); err != nil {
		return nil, err
	}
	byName := map[string]bson.Raw{}
	for _, index := range list {
		name, ok := index.Lookup("name").StringValueOK()
		if !ok {
			return nil, fmt.Errorf("an index has no name: %s", index)
		}
		byName[name] = index
	}
	return byName, nil
}
