package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"github.com/revsync/revsync/core/mongotest/workload"
)

const (
	knockDatabase = "knocks"
	knockInterval = 50 * time.Millisecond
	knockTimeout  = 5 * time.Second
)

// knock is one attempt to write to a side, which may be closed.
type knock struct {
	Number  int              `json:"number"`
	Invoked time.Time        `json:"invoked"`
	At      time.Time        `json:"at"` // of the answer
	Outcome workload.Outcome `json:"outcome"`
	Error   string           `json:"error,omitempty"`
	removed bool             // by checkAndRemove
}

// knocker tries to write to one side all the time, as a plain user. What it has
// written is data like any other.
type knocker struct {
	side    *side
	journal *journal
	tally   *tally

	// truce is held for reading during a knock, and for writing while there must be none.
	truce sync.RWMutex
	begun bool    // under truce: not before both sides are in the engine's hands
	past  []knock // under truce
	seen  int     // of past, by since
}

func newKnocker(s *side, j *journal, t *tally) *knocker {
	return &knocker{side: s, journal: j, tally: t}
}

// begin lets it knock from now on.
func (k *knocker) begin() {
	k.truce.Lock()
	defer k.truce.Unlock()
	k.begun = true
}

func (k *knocker) work(ctx context.Context) error {
	ticker := time.NewTicker(knockInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := k.once(ctx); err != nil {
			return err
		}
	}
}

func (k *knocker) once(ctx context.Context) error {
	k.truce.RLock()
	defer k.truce.RUnlock()
	if !k.begun {
		return nil
	}
	now := k.knock(ctx)
	k.past = append(k.past, now) // nobody reads it without the truce, and nobody else writes
	k.tally.knock(now.Outcome)
	if err := k.journal.add(now); err != nil {
		return err
	}
	if now.Outcome == workload.Failed && ctx.Err() == nil {
		return fmt.Errorf("a write to %s was answered neither with yes nor with \"closed\": %s", k.side.name, now.Error)
	}
	return nil
}

func (k *knocker) knock(ctx context.Context) knock {
	ctx, cancel := context.WithTimeout(ctx, knockTimeout)
	defer cancel()
	now := knock{Number: len(k.past), Invoked: time.Now().UTC()}
	_, err := k.collection(k.side.app).InsertOne(ctx, bson.D{{Key: "_id", Value: now.Number}})
	now.At, now.Outcome = time.Now().UTC(), workload.OutcomeOf(err)
	if err != nil {
		now.Error = err.Error()
	}
	return now
}

func (k *knocker) collection(client *mongo.Client) *mongo.Collection {
	return client.Database(knockDatabase).Collection(k.side.name, options.Collection().
		SetReadConcern(readconcern.Majority()).SetWriteConcern(writeconcern.Majority()))
}

// checkAndRemove takes away what was written since the last call of since, after a
// look at whether it is there: a side that has just been opened has it, and the
// other one not yet, and both are to be compared. The truce must be held.
func (k *knocker) checkAndRemove(ctx context.Context) error {
	if err := k.checkWritten(ctx, k.side); err != nil {
		return err
	}
	_, err := k.collection(k.side.root).DeleteMany(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$gte", Value: k.seen}}}})
	for i := k.seen; i < len(k.past); i++ {
		k.past[i].removed = true
	}
	return err
}

// written reads which knocks a side has.
func (k *knocker) written(ctx context.Context, reader *mongo.Client) (map[int]bool, error) {
	cursor, err := k.collection(reader).Find(ctx, bson.D{})
	if err != nil {
		return nil, err
	}
	var docs []struct {
		ID int `bson:"_id"`
	}
	err = cursor.All(ctx, &docs)
	found := map[int]bool{}
	for _, doc := range docs {
		found[doc.ID] = true
	}
	return found, err
}

// checkWritten wants a side to have all knocks that were acknowledged, and none that were
// refused. The truce must be held.
func (k *knocker) checkWritten(ctx context.Context, on *side) error {
	found, err := k.written(ctx, on.root)
	if err != nil {
		return err
	}
	if err := present(k.past, found); err != nil {
		return fmt.Errorf("writes to %s, looked for on %s: %w", k.side.name, on.name, err)
	}
	return nil
}

// since is what was tried since the call before this one. The truce must be held.
func (k *knocker) since() []knock {
	from := k.seen
	k.seen = len(k.past)
	return k.past[from:]
}
