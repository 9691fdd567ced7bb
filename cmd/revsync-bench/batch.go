package main

import (
	"context"
	"fmt"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// Bounds of one insert command; the server takes 16 MB.
const (
	maxBatchDocs  = 5_000
	maxBatchBytes = 8 << 20
)

// batch is the documents of one insert command, as the bytes that will be sent:
// InsertMany of the driver would decode and copy every document.
type batch struct {
	array []byte
	docs  int
}

// full reports whether the batch should be sent before size more bytes are added.
func (b *batch) full(size int) bool {
	return b.docs > 0 && (b.docs >= maxBatchDocs || len(b.array)+size > maxBatchBytes)
}

func (b *batch) add(doc []byte) {
	if b.array == nil {
		b.array = make([]byte, 4, 64<<10)
	}
	b.array = append(b.array, byte(bson.TypeEmbeddedDocument))
	b.array = strconv.AppendInt(b.array, int64(b.docs), 10)
	b.array = append(append(b.array, 0), doc...)
	b.docs++
}

// insert sends the batch, unless it is empty, and forgets it.
func (b *batch) insert(ctx context.Context, coll *mongo.Collection) error {
	if b.docs == 0 {
		return nil
	}
	array := bsoncore.UpdateLength(append(b.array, 0), 0, int32(len(b.array)+1))
	at, cmd := bsoncore.AppendDocumentStart(make([]byte, 0, len(array)+256))
	cmd = bsoncore.AppendStringElement(cmd, "insert", coll.Name())
	cmd = bsoncore.AppendBooleanElement(cmd, "ordered", false)
	cmd = bsoncore.AppendDocumentElement(cmd, "writeConcern", bsoncore.BuildDocument(nil, bsoncore.AppendInt32Element(nil, "w", 1)))
	cmd = bsoncore.AppendArrayElement(cmd, "documents", array)
	want := b.docs
	*b = batch{}
	reply, err := coll.Database().RunCommand(ctx, bson.Raw(closed(cmd, at))).Raw()
	if err != nil {
		return fmt.Errorf("insert into %s: %w", coll.Name(), err)
	}
	if n, _ := reply.Lookup("n").AsInt64OK(); n != int64(want) {
		return fmt.Errorf("insert into %s: %d of %d documents: %s", coll.Name(), n, want, reply.Lookup("writeErrors"))
	}
	return nil
}
