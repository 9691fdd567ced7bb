package meta

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/internal/point"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
)

const (
	recordColl = "record"
	recordID   = "record"
)

// ErrLost means that the stored record is not the one this process wrote last:
// another owner has taken over. Whoever sees it must stop at once.
var ErrLost = errors.New("the record was changed by another process")

// Load reads the record of a cluster; nil when there is none. A record of
// another format, or one that no engine can have written, is an error.
func Load(ctx context.Context, c *mdb.Cluster) (*lifecycle.Record, error) {
	docs, err := c.All(ctx, mdb.MetadataDB, bson.D{
		{Key: "find", Value: recordColl}, {Key: "filter", Value: bson.D{{Key: "_id", Value: recordID}}},
		{Key: "limit", Value: 1}, {Key: "readConcern", Value: bson.D{{Key: "level", Value: "majority"}}},
	})
	if err != nil || len(docs) == 0 {
		return nil, err
	}
	stored, err := decode(docs[0])
	if err != nil {
		return nil, fmt.Errorf("%s: the record in %s.%s %w", c.Name(), mdb.MetadataDB, recordColl, err)
	}
	return stored, nil
}

// Store owns the record of one epoch on its cluster. It is safe for concurrent
// use: changes are made one after another.
type Store struct {
	mu     sync.Mutex // held by the one write under way; readers do not wait for it
	at     *mdb.Cluster
	rec    atomic.Pointer[lifecycle.Record]
	writer string // this life of this process
}

// Create writes the first record of an epoch; it fails when there is one already.
func Create(ctx context.Context, at *mdb.Cluster, r lifecycle.Record, writer Owner) (*Store, error) {
	r.Format, r.Revision, r.Writer, r.UpdatedAt = lifecycle.RecordFormat, 1, writer.ID, time.Now().UTC()
	doc, err := encode(r)
	if err != nil {
		return nil, err
	}
	res, err := at.Insert(ctx, recordWrite(doc))
	switch {
	case err != nil:
		return nil, fmt.Errorf("write the record: %w", err)
	case len(res.Errors) > 0:
		return nil, fmt.Errorf("%s: write the record: %s", at.Name(), res.Errors[0].Message)
	}
	return Attach(at, r, writer), nil
}

// Attach takes a loaded record over, to change it from here on.
func Attach(at *mdb.Cluster, r lifecycle.Record, writer Owner) *Store {
	s := &Store{at: at, writer: writer.ID}
	s.rec.Store(&r)
	return s
}

// Cluster is where the record lives.
func (s *Store) Cluster() *mdb.Cluster { return s.at }

// Record is a copy of the record as it was written last. It never waits, not even
// for a server that hangs in a write.
func (s *Store) Record() lifecycle.Record { return *s.rec.Load() }

// Update applies change to the record and writes it with majority, if it is
// still the record written last; otherwise ErrLost. On any error the record in
// memory stays as it was. A write that was not answered may have been done:
// the next Update finds out by the stored writer and goes on from there.
func (s *Store) Update(ctx context.Context, change func(*lifecycle.Record)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	done, err := s.replace(ctx, change)
	if err != nil || done {
		return err
	}
	if err := s.catchUp(ctx); err != nil {
		return err
	}
	done, err = s.replace(ctx, change)
	if err == nil && !done {
		return ErrLost
	}
	return err
}

// replace writes the changed record over the one of the known revision; done is
// false when the stored record has another revision.
func (s *Store) replace(ctx context.Context, change func(*lifecycle.Record)) (done bool, err error) {
	last := s.Record()
	next := last
	change(&next)
	next.Revision, next.Writer, next.UpdatedAt = last.Revision+1, s.writer, time.Now().UTC()
	if err := next.Validate(); err != nil {
		return false, fmt.Errorf("refusing to write a record that could not be read again: %w", err)
	}
	stmt, err := statement(last.Revision, next)
	if err != nil {
		return false, err
	}
	point.Hit("record.before-write")
	res, err := s.at.Update(ctx, recordWrite(stmt))
	switch {
	case err != nil:
		return false, fmt.Errorf("write the record: %w", err)
	case len(res.Errors) > 0:
		return false, fmt.Errorf("%s: write the record: %s", s.at.Name(), res.Errors[0].Message)
	case res.N != 1:
		return false, nil
	}
	point.Hit("record.after-write")
	s.rec.Store(&next)
	return true, nil
}

// statement replaces the record of the known revision, and no other one.
func statement(revision int64, next lifecycle.Record) ([]byte, error) {
	doc, err := encode(next)
	if err != nil {
		return nil, err
	}
	return bson.Marshal(bson.D{
		{Key: "q", Value: bson.D{{Key: "_id", Value: recordID}, {Key: "syncId", Value: next.SyncID},
			{Key: "epoch", Value: next.Epoch}, {Key: "revision", Value: revision}}},
		{Key: "u", Value: bson.Raw(doc)},
	})
}

// catchUp adopts a stored record that an unanswered write of this very process
// has left; any other writer means that the sync has another owner.
func (s *Store) catchUp(ctx context.Context) error {
	stored, err := Load(ctx, s.at)
	if err != nil {
		return err
	}
	last := s.Record()
	if stored == nil || stored.SyncID != last.SyncID || stored.Epoch != last.Epoch ||
		stored.Writer != s.writer || stored.Revision != last.Revision+1 {
		return ErrLost
	}
	s.rec.Store(stored)
	return nil
}

func recordWrite(statement []byte) mdb.Write {
	var list mdb.Array
	list.Add(statement)
	return mdb.Write{NS: mdb.Namespace{DB: mdb.MetadataDB, Coll: recordColl}, Statements: list.Raw()}
}

// encode puts the fixed _id before the record's own fields.
func encode(r lifecycle.Record) ([]byte, error) {
	doc, err := bson.Marshal(struct {
		ID               string `bson:"_id"`
		lifecycle.Record `bson:",inline"`
	}{recordID, r})
	if err != nil {
		return nil, fmt.Errorf("encode the record: %w", err)
	}
	return doc, nil
}

// Retire removes the engine's metadata from a cluster: after a reversal, from
// the old destination, and from the old source when a reverse is undone. It needs
// the action dropDatabase, or else dropCollection: the roles documented for a
// source that is reversed to have only that.
func Retire(ctx context.Context, c *mdb.Cluster) error {
	_, err := c.RunMajority(ctx, mdb.MetadataDB, bson.D{{Key: "dropDatabase", Value: 1}})
	if mdb.HasCode(err, codeUnauthorized) {
		err = dropCollections(ctx, c)
	}
	if err != nil {
		return fmt.Errorf("drop %s: %w", mdb.MetadataDB, err)
	}
	return nil
}

const codeUnauthorized = 13

// dropCollections leaves an empty database, which the server then forgets. The
// record goes last: as long as there is one, a new owner finds it and goes on.
func dropCollections(ctx context.Context, c *mdb.Cluster) error {
	rows, err := c.All(ctx, mdb.MetadataDB, bson.D{{Key: "listCollections", Value: 1}, {Key: "nameOnly", Value: true}})
	if err != nil {
		return err
	}
	names := []string{}
	for _, row := range rows {
		if name, _ := row.Lookup("name").StringValueOK(); name != recordColl {
			names = append(names, name)
		}
	}
	for _, name := range append(names, recordColl) {
		_, err := c.RunMajority(ctx, mdb.MetadataDB, bson.D{{Key: "drop", Value: name}})
		if err != nil && !mdb.HasCode(err, mdb.CodeNamespaceNotFound) {
			return fmt.Errorf("collection %s: %w", name, err)
		}
	}
	return nil
}
