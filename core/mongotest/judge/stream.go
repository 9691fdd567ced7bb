package judge

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// stream reads the documents of one side in order. Its current document, head,
// is nil at the end, and is only valid until the next one is read.
type stream struct {
	cursor *mongo.Cursor
	head   bson.Raw
	read   int64
}

func (s *stream) next(ctx context.Context) error {
	if !s.cursor.Next(ctx) {
		s.head = nil
		return s.cursor.Err()
	}
	s.head = s.cursor.Current
	s.read++
	return nil
}

func (s *stream) id() bson.RawValue { return s.head.Lookup("_id") }

// close tells the server that no more is read; it would find out by itself.
func (s *stream) close(ctx context.Context) { _ = s.cursor.Close(ctx) }
