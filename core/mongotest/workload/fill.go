package workload

import (
	"context"
	"encoding/hex"
	"fmt"
	"math/rand/v2"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"golang.org/x/sync/errgroup"
)

const (
	fillDatabase  = "bulk"
	fillBatch     = 1 << 20 // bytes of one insert
	fillDocument  = 4 << 10 // bytes, roughly
	fillWriters   = 2
	fillPerWriter = "documents_%d"
)

// Fill writes about so many bytes of plain documents of 4 kB each into the database
// bulk, in two collections with one secondary index each, as fast as it can. It is
// for data that takes a while to copy. The bytes look random but compress two to
// one. Its user must be allowed to write (mongotest's App is).
func Fill(ctx context.Context, client *mongo.Client, bytes int64, seed uint64) error {
	group, ctx := errgroup.WithContext(ctx)
	for writer := range fillWriters {
		group.Go(func() error {
			f := filler{collection: majority(client, fillDatabase).Collection(fmt.Sprintf(fillPerWriter, writer)),
				random: rand.New(rand.NewPCG(seed, uint64(writer)))}
			return f.fill(ctx, bytes/fillWriters)
		})
	}
	return group.Wait()
}

type filler struct {
	collection *mongo.Collection
	random     *rand.Rand
	noise      string // that documents are cut from
	made       int
}

func (f *filler) fill(ctx context.Context, bytes int64) error {
	raw := make([]byte, 1<<20)
	for i := range raw {
		raw[i] = byte(f.random.Uint32())
	}
	f.noise = hex.EncodeToString(raw)
	_, err := f.collection.Indexes().CreateOne(ctx, mongo.IndexModel{Keys: d("group", 1, "number", 1)})
	if err != nil {
		return err
	}
	for written := int64(0); written < bytes; written += fillBatch {
		if _, err := f.collection.InsertMany(ctx, f.batch()); err != nil {
			return err
		}
	}
	return nil
}

func (f *filler) batch() []any {
	docs := []any{}
	for range fillBatch / fillDocument {
		begin := f.random.IntN(len(f.noise) - fillDocument)
		docs = append(docs, bson.D{{Key: "_id", Value: f.made}, {Key: "group", Value: f.random.IntN(1000)},
			{Key: "number", Value: f.made}, {Key: "text", Value: f.noise[begin : begin+fillDocument-100]}})
		f.made++
	}
	return docs
}
