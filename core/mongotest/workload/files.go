package workload

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

const (
	filesEach  = 6 // that are kept
	chunkBytes = 16384
	maxChunks  = 5

	filesCollection  = "files"
	chunksCollection = "chunks"
)

// files stores files as GridFS does, chunks first and then the file's own
// document, and removes them the other way round.
type files struct {
	identity
	list []*file
}

// file is one file and how much of it is there.
type file struct {
	name  string
	parts int // number of chunks that it consists of
	stage stage
	state cell[fileState]
}

// fileState is what can be seen of a file.
type fileState struct {
	listed bool
	chunks int
}

// stage is how far the life of a file has come. Each step leads to the next.
type stage int

const (
	fileNew stage = iota
	fileStored
	fileListed
	fileUnlisted
	fileGone
)

func newFiles(id identity) client { return &files{identity: id} }

func (c *files) filesOn(s side) *mongo.Collection {
	return s.in(c.database).Collection(filesCollection)
}

func (c *files) chunksOn(s side) *mongo.Collection {
	return s.in(c.database).Collection(chunksCollection)
}

func (c *files) prepare(ctx context.Context, s side) error {
	if c.number > 0 {
		return nil
	}
	if err := s.define(ctx, c.database, "create", filesCollection); err != nil {
		return err
	}
	return s.define(ctx, c.database, "createIndexes", chunksCollection, "indexes",
		bson.A{d("key", d("file", 1, "number", 1), "name", "file_number", "unique", true)})
}

func (c *files) step(ctx context.Context, s side) answer {
	f := c.next()
	var got answer
	switch f.stage {
	case fileNew:
		got = c.store(ctx, s, f)
	case fileStored:
		_, err := c.filesOn(s).InsertOne(ctx, d("_id", f.name, "client", c.number, "chunks", f.parts))
		got = answered("list "+f.name, err)
		f.state.record(got.outcome, fileState{true, f.parts})
	case fileListed:
		res, err := c.filesOn(s).DeleteOne(ctx, d("_id", f.name))
		got = counted("unlist "+f.name, err, deleted(res), 1)
		f.state.record(got.outcome, fileState{false, f.parts})
	default:
		got = c.remove(ctx, s, f)
	}
	if got.outcome == Acknowledged {
		f.stage++
	}
	return got
}

// next is the file that is neither whole nor gone; else, when there are enough,
// the oldest; else a new one.
func (c *files) next() *file {
	var whole []*file
	for _, f := range c.list {
		switch {
		case f.state.retired() || f.stage == fileGone:
		case f.stage != fileListed:
			return f
		default:
			whole = append(whole, f)
		}
	}
	if len(whole) >= filesEach {
		return whole[0]
	}
	f := &file{name: fmt.Sprintf("file-%d-%d", c.number, len(c.list)), parts: 1 + c.random.IntN(maxChunks)}
	c.list = append(c.list, f)
	return f
}

// store writes all chunks. A refusal can come when some are in.
func (c *files) store(ctx context.Context, s side, f *file) answer {
	chunks := []any{}
	for number := range f.parts {
		chunks = append(chunks, c.chunk(f, number))
	}
	_, err := c.chunksOn(s).InsertMany(ctx, chunks)
	got := answered("store the chunks of "+f.name, err)
	f.state.recordPart(got.outcome, f.upTo(f.parts)...)
	return got
}

func (c *files) remove(ctx context.Context, s side, f *file) answer {
	res, err := c.chunksOn(s).DeleteMany(ctx, d("file", f.name))
	got := counted("remove the chunks of "+f.name, err, deleted(res), int64(f.parts))
	f.state.recordPart(got.outcome, f.upTo(0)...)
	return got
}

// upTo lists all states with some chunks, the one with the wanted number first.
func (f *file) upTo(wanted int) []fileState {
	states := []fileState{{false, wanted}}
	for n := range f.parts + 1 {
		states = append(states, fileState{false, n})
	}
	return states
}
