package copier

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/schema"
)

// source is one collection of the source, whatever its name has become. It is
// for one goroutine.
type source struct {
	cluster  *mdb.Cluster
	uuid     schema.UUID
	ns       mdb.Namespace // the name it had when it was last read
	readTime lifecycle.OpTime
}

func (j *Job) source(c schema.Collection) *source {
	return &source{cluster: j.From, uuid: c.Source, ns: c.NS, readTime: j.ReadTime}
}

// errDropped says that the source has no collection with the UUID any more.
var errDropped = errors.New("the collection was dropped")

// open sends a command that answers a cursor on the collection and follows it
// to its present name. A rename to another database makes a new collection
// there and drops this one.
func (s *source) open(ctx context.Context, verb string, batch int32, rest ...bson.E) (*mdb.Cursor, error) {
	for {
		cmd := append(bson.D{{Key: verb, Value: s.ns.Coll}, {Key: "collectionUUID", Value: s.uuid.Binary()}}, rest...)
		cur, err := s.cluster.Open(ctx, s.ns.DB, cmd, batch, 0)
		name, moved := mdb.MovedTo(err)
		switch {
		case !moved:
			return cur, err
		case name == "":
			return nil, errDropped
		}
		s.ns.Coll = name
	}
}

// rows reads a whole small cursor.
func (s *source) rows(ctx context.Context, verb string, rest ...bson.E) ([]bson.Raw, error) {
	cur, err := s.open(ctx, verb, 0, rest...)
	if err != nil {
		return nil, err
	}
	defer cur.Close(ctx)
	var out []bson.Raw
	for {
		b, err := cur.Next(ctx)
		if err != nil || b == nil {
			return out, err
		}
		if err := b.Each(func(d bson.Raw) error { out = append(out, d); return nil }); err != nil {
			return nil, err
		}
	}
}

// majority is the read concern of everything that is copied.
func (s *source) majority() bson.E {
	return bson.E{Key: "readConcern", Value: bson.D{
		{Key: "level", Value: "majority"}, {Key: "afterClusterTime", Value: mdb.Timestamp(s.readTime)},
	}}
}
