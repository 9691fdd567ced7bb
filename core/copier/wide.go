package copier

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
)

// wideBytes bounds a document with a second copy of its _id, which the oplog
// entries of inserts and replacements hold: 16 MB and 16 KB, with room for the
// rest of the entry. A document that has grown by updates can be larger.
const wideBytes = 16<<20 + 12<<10

func wide(doc bson.Raw) bool {
	return len(doc) > wideBytes/2 && len(doc)+len(doc.Lookup("_id").Value) > wideBytes
}

func anyWide(b *mdb.Batch) (found bool) {
	if b.Len() <= wideBytes/2 {
		return false
	}
	_ = b.Each(func(doc bson.Raw) error { // a batch cut short is the server's to refuse
		found = found || wide(doc)
		return nil
	})
	return found
}

// putPieces writes a wide document as its _id and then, field after field, what
// else it has. Whoever does it again, after an error or a crash, moves each field
// to the end in turn, so that the order is right all the same.
func (r *run) putPieces(ctx context.Context, c *collection, doc bson.Raw, insert putFunc) error {
	id := doc.Lookup("_id")
	first, deltas, err := mdb.Pieces(doc, wideBytes-len(id.Value)-256)
	if err != nil {
		return fmt.Errorf("write a document of %s in pieces: %w", c.NS, err)
	}
	if _, err := insert(ctx, c, arrayOf(first)); err != nil {
		return err
	}
	for _, delta := range deltas {
		statement, err := bson.Marshal(bson.D{
			{Key: "q", Value: bson.D{{Key: "_id", Value: bson.D{{Key: "$eq", Value: id}}}}},
			{Key: "u", Value: bson.A{bson.D{{Key: "$_internalApplyOplogUpdate", Value: bson.D{{Key: "oplogUpdate", Value: delta}}}}}},
		})
		if err == nil {
			_, err = r.update(ctx, c, arrayOf(statement))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func arrayOf(doc []byte) bson.RawArray {
	var one mdb.Array
	one.Add(doc)
	return one.Raw()
}
