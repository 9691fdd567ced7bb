package workload

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// chunk is a document of the collection of chunks.
type chunk struct {
	ID     bson.ObjectID `bson:"_id"`
	File   string        `bson:"file"`
	Client int           `bson:"client"`
	Number int           `bson:"number"`
	Data   []byte        `bson:"data"`
	Digest []byte        `bson:"digest"`
}

func (c *files) chunk(f *file, number int) chunk {
	data := make([]byte, 1+c.random.IntN(chunkBytes))
	for i := range data {
		data[i] = byte(c.random.Uint32())
	}
	one := chunk{ID: bson.NewObjectID(), File: f.name, Client: c.number, Number: number, Data: data}
	one.Digest = one.digest()
	return one
}

// digest covers the chunk's place too.
func (one chunk) digest() []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %s", one.File, one.Number, one.Data))
	return sum[:]
}

func (c *files) check(ctx context.Context, s side) error {
	listed, err := read[struct {
		ID string `bson:"_id"`
	}](ctx, c.filesOn(s), d("client", c.number))
	if err != nil {
		return err
	}
	chunks, err := read[chunk](ctx, c.chunksOn(s), d("client", c.number))
	if err != nil {
		return err
	}
	var wrong wrongs
	states := map[string]fileState{}
	for _, f := range listed {
		states[f.ID] = fileState{listed: true}
	}
	for _, one := range chunks {
		if !bytes.Equal(one.Digest, one.digest()) {
			wrong.addf("chunk %d of %s is damaged", one.Number, one.File)
		}
		state := states[one.File]
		state.chunks++
		states[one.File] = state
	}
	for _, f := range c.list {
		wrong.add(f.state.check(fmt.Sprintf("%s (listed, chunks)", f.name), states[f.name]))
		delete(states, f.name)
	}
	for name := range states {
		wrong.addf("%s was never stored", name)
	}
	return wrong.err()
}
