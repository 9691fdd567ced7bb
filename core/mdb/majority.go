package mdb

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// RunMajority is Run for a command that changes something (create, drop,
// collMod, createIndexes ...): it adds write concern majority, and answers an
// error when a majority has not confirmed the change. That error is transient
// and the change may have been made: only send commands that can be repeated.
func (c *Cluster) RunMajority(ctx context.Context, db string, cmd bson.D) (bson.Raw, error) {
	full := append(append(make(bson.D, 0, len(cmd)+1), cmd...), bson.E{Key: "writeConcern", Value: MajorityWrite})
	reply, err := c.Run(ctx, db, full)
	if err != nil {
		return nil, err
	}
	if err := ConcernError(reply); err != nil {
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	return reply, nil
}
