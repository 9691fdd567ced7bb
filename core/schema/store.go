package schema

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/internal/point"
	"github.com/revsync/revsync/core/mdb"
)

// storeNS holds the catalogs of all epochs that have this cluster as destination.
var storeNS = mdb.Namespace{DB: mdb.MetadataDB, Coll: "collections"}

// Bounds of one command that stores entries; a single entry may be larger.
const (
	storeCount = 500
	storeBytes = 4 << 20
)

// Marks are documents of an epoch that stand for no collection.
const (
	markHandedOver = "handed over" // every entry is stored in its original form
	markViews      = "views"       // names of the views that may have been created
	markProbe      = "probe"       // counts proofs that the engine may write here
)

type entryID struct {
	Epoch  int32        `bson:"epoch"`
	Source *bson.Binary `bson:"source,omitempty"`
	Mark   string       `bson:"mark,omitempty"`
}

type entryDoc struct {
	ID      entryID       `bson:"_id"`
	Dest    *bson.Binary  `bson:"dest,omitempty"`
	NS      mdb.Namespace `bson:"ns"`
	Options bson.Raw      `bson:"options"`
	Indexes []indexDoc    `bson:"indexes"`
}

type indexDoc struct {
	Name        string     `bson:"name"`
	Spec        bson.Raw   `bson:"spec"`
	State       IndexState `bson:"state"`
	Error       string     `bson:"error,omitempty"`
	CleanSource bool       `bson:"cleanSource,omitempty"`
	CleanDest   bool       `bson:"cleanDest,omitempty"`
}

func (c *Catalog) idOf(source UUID) entryID {
	u := source.Binary()
	return entryID{Epoch: int32(c.epoch), Source: &u}
}

func (c *Catalog) markID(mark string) entryID { return entryID{Epoch: int32(c.epoch), Mark: mark} }

func (c *Catalog) encode(e Collection) entryDoc {
	d := entryDoc{ID: c.idOf(e.Source), NS: e.NS, Options: keptOptions(e.Options), Indexes: []indexDoc{}}
	if !e.Dest.IsZero() {
		u := e.Dest.Binary()
		d.Dest = &u
	}
	for _, x := range e.Indexes {
		d.Indexes = append(d.Indexes, indexDoc(x))
	}
	return d
}

func decode(doc bson.Raw) (Collection, error) {
	var d entryDoc
	if err := bson.Unmarshal(doc, &d); err != nil {
		return Collection{}, fmt.Errorf("an entry of %s that cannot be read: %w", storeNS, err)
	}
	var e Collection
	var ok bool
	if e.Source, ok = UUIDOf(doc.Lookup("_id", "source")); !ok {
		return Collection{}, fmt.Errorf("an entry of %s without a source UUID: %s", storeNS, doc.Lookup("_id"))
	}
	e.Dest, _ = UUIDOf(doc.Lookup("dest"))
	e.NS, e.Options = d.NS, d.Options
	for _, x := range d.Indexes {
		e.Indexes = append(e.Indexes, Index(x))
	}
	return e, nil
}

// load reads the entries of the epoch. It reads what the primary has, not what
// it knows to be on a majority: right after an election the latter can lag
// behind what was confirmed before.
func (c *Catalog) load(ctx context.Context) ([]Collection, error) {
	docs, err := c.dest.All(ctx, storeNS.DB, bson.D{
		{Key: "find", Value: storeNS.Coll},
		{Key: "filter", Value: bson.D{{Key: "_id.epoch", Value: c.epoch}, {Key: "_id.mark", Value: bson.D{{Key: "$exists", Value: false}}}}},
	})
	if err != nil {
		return nil, err
	}
	out := make([]Collection, 0, len(docs))
	for _, d := range docs {
		e, err := decode(d)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// save replaces the entries; it answers when a majority has them.
func (c *Catalog) save(ctx context.Context, all []Collection) error {
	var batch mdb.Array
	for _, e := range all {
		d := c.encode(e)
		statement, err := bson.Marshal(bson.D{{Key: "q", Value: bson.D{{Key: "_id", Value: d.ID}}}, {Key: "u", Value: d}, {Key: "upsert", Value: true}})
		if err != nil {
			return fmt.Errorf("store %s: %w", e.NS, err)
		}
		batch.Add(statement)
		if batch.Count() >= storeCount || batch.Size() >= storeBytes {
			if err := c.send(ctx, &batch, c.dest.Update); err != nil {
				return err
			}
		}
	}
	return c.send(ctx, &batch, c.dest.Update)
}

func (c *Catalog) erase(ctx context.Context, sources []UUID) error {
	var batch mdb.Array
	for _, u := range sources {
		if err := addDelete(&batch, bson.D{{Key: "_id", Value: c.idOf(u)}}); err != nil {
			return err
		}
	}
	return c.send(ctx, &batch, c.dest.Delete)
}

// eraseEpoch removes the marks first: entries without the mark of a hand-over
// count as unfinished, and an unfinished hand-over is begun anew.
func (c *Catalog) eraseEpoch(ctx context.Context) error {
	for _, filter := range []bson.D{
		{{Key: "_id.epoch", Value: c.epoch}, {Key: "_id.mark", Value: bson.D{{Key: "$exists", Value: true}}}},
		{{Key: "_id.epoch", Value: c.epoch}},
	} {
		var batch mdb.Array
		if err := addDelete(&batch, filter); err != nil {
			return err
		}
		if err := c.send(ctx, &batch, c.dest.Delete); err != nil {
			return err
		}
		point.Hit("schema.drop-catalog.deleted")
	}
	return nil
}

func addDelete(batch *mdb.Array, filter bson.D) error {
	statement, err := bson.Marshal(bson.D{{Key: "q", Value: filter}, {Key: "limit", Value: 0}})
	if err == nil {
		batch.Add(statement)
	}
	return err
}

// mark reads the document of a mark; nil when there is none.
func (c *Catalog) mark(ctx context.Context, mark string) (bson.Raw, error) {
	docs, err := c.dest.All(ctx, storeNS.DB, bson.D{
		{Key: "find", Value: storeNS.Coll}, {Key: "filter", Value: bson.D{{Key: "_id", Value: c.markID(mark)}}},
	})
	if err != nil || len(docs) == 0 {
		return nil, err
	}
	return docs[0], nil
}

// setMark applies an update to the document of a mark and makes it if need be.
func (c *Catalog) setMark(ctx context.Context, mark string, update bson.D) error {
	statement, err := bson.Marshal(bson.D{{Key: "q", Value: bson.D{{Key: "_id", Value: c.markID(mark)}}}, {Key: "u", Value: update}, {Key: "upsert", Value: true}})
	if err != nil {
		return err
	}
	var batch mdb.Array
	batch.Add(statement)
	return c.send(ctx, &batch, c.dest.Update)
}

// send writes a batch and empties it.
func (c *Catalog) send(ctx context.Context, batch *mdb.Array, write func(context.Context, mdb.Write) (mdb.WriteResult, error)) error {
	if batch.Count() == 0 {
		return nil
	}
	res, err := write(ctx, mdb.Write{NS: storeNS, Statements: batch.Raw(), Ordered: true})
	*batch = mdb.Array{}
	if err != nil {
		return err
	}
	if len(res.Errors) > 0 {
		return fmt.Errorf("%s: write to %s: %w", c.dest.Name(), storeNS, res.Errors[0].Fault())
	}
	return nil
}
