package main

import (
	"encoding/binary"
	"math/rand/v2"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// dataDB is the database that is only copied; liveDB is also written to.
const dataDB = "data"

// shape is one collection of the data set. Its documents depend on nothing but
// the shape and their number.
type shape struct {
	coll    string
	docs    int
	bytes   int // of one document, roughly
	id      func(dst []byte, i uint64) []byte
	indexes []mongo.IndexModel
}

// shapes lists the collections. The small documents are spread over all types
// of _id that are common.
func (p plan) shapes() []shape {
	three := []mongo.IndexModel{
		{Keys: bson.D{{Key: "key", Value: 1}}, Options: options.Index().SetUnique(true)},
		{Keys: bson.D{{Key: "group", Value: 1}, {Key: "at", Value: -1}}},
		{Keys: bson.D{{Key: "at", Value: 1}}},
	}
	one := []mongo.IndexModel{{Keys: bson.D{{Key: "group", Value: 1}}}}
	rest := p.small - p.small*70/100 - p.small*20/100
	return []shape{
		{"small_objectid", p.small * 70 / 100, 200, objectID, three},
		{"medium", p.medium, 5_000, intID, one},
		{"small_int", p.small * 20 / 100, 200, intID, three},
		{"small_string", rest * 3 / 4, 200, stringID, three},
		{"small_document", rest - rest*3/4, 200, documentID, three},
		{"large", p.large, 8_000_000, intID, nil},
	}
}

// bytes is roughly the size of all data.
func (p plan) bytes() (total int64) {
	for _, s := range p.shapes() {
		total += int64(s.docs) * int64(s.bytes)
	}
	return total + int64(p.live)*liveDocBytes
}

// scatter turns 0, 1, 2, ... into distinct numbers without an order.
func scatter(i uint64) uint64 { return i * 0x9e3779b97f4a7c15 }

func objectID(dst []byte, i uint64) []byte {
	var oid bson.ObjectID
	binary.BigEndian.PutUint32(oid[:], uint32(1_700_000_000+i/1000))
	binary.BigEndian.PutUint64(oid[4:], i)
	return bsoncore.AppendObjectIDElement(dst, "_id", oid)
}

func intID(dst []byte, i uint64) []byte {
	return bsoncore.AppendInt64Element(dst, "_id", int64(i))
}

func stringID(dst []byte, i uint64) []byte {
	return bsoncore.AppendStringElement(dst, "_id", hex(scatter(i)))
}

func documentID(dst []byte, i uint64) []byte {
	at, dst := bsoncore.AppendDocumentElementStart(dst, "_id")
	dst = bsoncore.AppendInt32Element(dst, "shop", int32(i%50))
	dst = bsoncore.AppendInt64Element(dst, "order", int64(i))
	return closed(dst, at)
}

// document appends document number i of the collection to dst.
func (s shape) document(dst []byte, i uint64) []byte {
	random := rand.New(rand.NewPCG(i, uint64(len(s.coll))))
	start := len(dst)
	at, dst := bsoncore.AppendDocumentStart(dst)
	dst = s.id(dst, i)
	dst = bsoncore.AppendStringElement(dst, "key", hex(scatter(i+1)))
	dst = bsoncore.AppendInt32Element(dst, "group", random.Int32N(1000))
	dst = bsoncore.AppendDateTimeElement(dst, "at", 1_700_000_000_000+random.Int64N(1e10))
	dst = bsoncore.AppendDoubleElement(dst, "price", float64(random.IntN(100_000))/100)
	const frame = 11 // of the text element and the end of the document
	return closed(bsoncore.AppendStringElement(dst, "text", prose(random, s.bytes-(len(dst)-start)-frame)), at)
}

// closed ends a document that was begun at index at; this fails only for a wrong index.
func closed(dst []byte, at int32) []byte {
	dst, _ = bsoncore.AppendDocumentEnd(dst, at)
	return dst
}
