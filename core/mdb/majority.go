package mdb

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// RunMajority is Run for a command that changes something (create, drop,
// collMod ...): it adds write concern majority, and answers an error when a
// majority has not confirmed the change. That error is transient and the change
// may have been made: only send commands that can be repeated. After one that
// was never answered, the next waits until the server is done with it.
func (c *Cluster) RunMajority(ctx context.Context, db string, cmd bson.D) (bson.Raw, error) {
	reply, err := c.marked(ctx, db, func(m mark) any { return confirmed(cmd, m) })
	return c.confirmation(reply, err)
}

// slowMark is the comment of a slow command. It has another key than mark, so
// that nobody waits for it but RunSlow.
type slowMark struct {
	About string `bson:"revsyncSlow"`
}

// RunSlow is RunMajority for a command that can take hours (createIndexes) and
// that finds out by itself when it is sent a second time while the first is
// still being carried out. Other commands do not wait for one that was never
// answered; it is over when RunSlow for the same about has answered again.
func (c *Cluster) RunSlow(ctx context.Context, db, about string, cmd bson.D) (bson.Raw, error) {
	if err := c.settle(ctx); err != nil {
		return nil, err
	}
	if err := c.allowed(); err != nil {
		return nil, err
	}
	reply, err := c.confirmation(c.Run(ctx, db, confirmed(cmd, slowMark{about})))
	if err != nil && !Answered(err) {
		return nil, err
	}
	if lateErr := c.awaitNone(ctx, bson.D{{Key: "command.comment.revsyncSlow", Value: about}}); lateErr != nil {
		return nil, lateErr
	}
	return reply, err
}

// confirmed adds what makes a command wait for a majority, and its comment.
func confirmed(cmd bson.D, comment any) bson.D {
	full := append(make(bson.D, 0, len(cmd)+2), cmd...)
	return append(full, bson.E{Key: "writeConcern", Value: MajorityWrite}, bson.E{Key: "comment", Value: comment})
}

func (c *Cluster) confirmation(reply bson.Raw, err error) (bson.Raw, error) {
	if err != nil {
		return nil, err
	}
	if err := ConcernError(reply); err != nil {
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	return reply, nil
}
