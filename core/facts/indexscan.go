package facts

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/sdk"
)

// collectionsAtOnce bounds how many collections of one member are looked at at
// the same time.
const collectionsAtOnce = 4

// collection is one that may have unique indexes.
type collection struct {
	ns   mdb.Namespace
	uuid string
}

// scan lists the unique indexes of a member's user collections with their
// formats, in order. With an error the list is what was found until then.
func scan(ctx context.Context, direct *mdb.Cluster) ([]sdk.UniqueIndex, error) {
	collections, err := collectionsOf(ctx, direct)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var found []sdk.UniqueIndex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(collectionsAtOnce)
	for _, coll := range collections {
		group.Go(func() error {
			list, err := coll.uniqueIndexes(ctx, direct)
			mu.Lock()
			defer mu.Unlock()
			found = append(found, list...)
			return err
		})
	}
	err = group.Wait()
	inOrder(found)
	return found, err
}

// collectionsOf lists all databases, or fails: without authorizedDatabases:
// false the server would leave out, and not say so, those that the user may not see.
func collectionsOf(ctx context.Context, direct *mdb.Cluster) ([]collection, error) {
	var reply struct {
		Databases []struct {
			Name string `bson:"name"`
		} `bson:"databases"`
	}
	raw, err := direct.Run(ctx, "admin", bson.D{
		{Key: "listDatabases", Value: 1}, {Key: "nameOnly", Value: true}, {Key: "authorizedDatabases", Value: false},
	})
	if err == nil {
		err = bson.Unmarshal(raw, &reply)
	}
	if err != nil {
		return nil, fmt.Errorf("list the databases: %w", err)
	}
	var all []collection
	for _, db := range reply.Databases {
		if !mdb.UserDB(db.Name) {
			continue
		}
		list, err := collectionsIn(ctx, direct, db.Name)
		if err != nil {
			return nil, fmt.Errorf("list the collections of %s: %w", db.Name, err)
		}
		all = append(all, list...)
	}
	return all, nil
}

// collectionsIn passes over views, time series and system collections: none of
// them has unique indexes that take part in a sync.
func collectionsIn(ctx context.Context, direct *mdb.Cluster, db string) ([]collection, error) {
	rows, err := direct.All(ctx, db, bson.D{
		{Key: "listCollections", Value: 1}, {Key: "filter", Value: bson.D{{Key: "type", Value: "collection"}}},
	})
	if err != nil {
		return nil, err
	}
	var list []collection
	for _, row := range rows {
		name, _ := row.Lookup("name").StringValueOK()
		coll := collection{ns: mdb.Namespace{DB: db, Coll: name}, uuid: uuidText(row.Lookup("info", "uuid"))}
		if coll.ns.User() {
			list = append(list, coll)
		}
	}
	return list, nil
}

func (c collection) uniqueIndexes(ctx context.Context, direct *mdb.Cluster) ([]sdk.UniqueIndex, error) {
	list, err := c.listUnique(ctx, direct)
	if err != nil || len(list) == 0 {
		return nil, c.unlessGone(err, "list the indexes of")
	}
	formats, err := c.formats(ctx, direct)
	if err != nil {
		return nil, c.unlessGone(err, "read the index formats of")
	}
	for i := range list {
		list[i].FormatVersion = formats[list[i].Name]
	}
	return list, nil
}

// unlessGone forgives that a collection was dropped or renamed after it was listed.
func (c collection) unlessGone(err error, what string) error {
	if err == nil || mdb.HasCode(err, mdb.CodeNamespaceNotFound) {
		return nil
	}
	return fmt.Errorf("%s %s: %w", what, c.ns, err)
}

func (c collection) listUnique(ctx context.Context, direct *mdb.Cluster) ([]sdk.UniqueIndex, error) {
	rows, err := direct.All(ctx, c.ns.DB, bson.D{{Key: "listIndexes", Value: c.ns.Coll}})
	if err != nil {
		return nil, err
	}
	var list []sdk.UniqueIndex
	for _, row := range rows {
		name, _ := row.Lookup("name").StringValueOK()
		unique, _ := row.Lookup("unique").BooleanOK()
		clustered, _ := row.Lookup("clustered").BooleanOK() // the collection itself, shown as an index; it has no keys
		if !unique || clustered || name == "_id_" {
			continue
		}
		key, _ := row.Lookup("key").DocumentOK()
		list = append(list, sdk.UniqueIndex{
			Namespace: c.ns.String(), Name: name, CollectionUUID: c.uuid, Key: extended(key),
		})
	}
	return list, nil
}

// keyFormat finds the version of the key format in the text that the index's
// table was created with.
var keyFormat = regexp.MustCompile(`app_metadata=\(formatVersion=(\d+)`)

// formats maps index names to formats; an index whose format cannot be read is
// missing from it, hence 0.
func (c collection) formats(ctx context.Context, direct *mdb.Cluster) (map[string]int, error) {
	stats, err := storageStats(ctx, direct, c.ns, bson.D{{Key: "indexes", Value: bson.D{{Key: "$map", Value: bson.D{
		{Key: "input", Value: bson.D{{Key: "$objectToArray", Value: "$storageStats.indexDetails"}}},
		{Key: "in", Value: bson.D{{Key: "name", Value: "$$this.k"}, {Key: "creation", Value: "$$this.v.creationString"}}},
	}}}}})
	if err != nil {
		return nil, err
	}
	var reply struct {
		Indexes []struct {
			Name     string `bson:"name"`
			Creation string `bson:"creation"`
		} `bson:"indexes"`
	}
	if err := bson.Unmarshal(stats, &reply); err != nil {
		return nil, fmt.Errorf("%s: $collStats of %s cannot be read: %w", direct.Name(), c.ns, err)
	}
	formats := map[string]int{}
	for _, ix := range reply.Indexes {
		if m := keyFormat.FindStringSubmatch(ix.Creation); m != nil {
			formats[ix.Name], _ = strconv.Atoi(m[1]) // too long a number is the largest one, which is suspect too
		}
	}
	return formats, nil
}

func uuidText(v bson.RawValue) string {
	_, b, ok := v.BinaryOK()
	if !ok || len(b) != 16 {
		return ""
	}
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
