package mdb

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// FenceMode is the state of a cluster's user write block.
type FenceMode int

// The modes, with the server's numbers (serverStatus.repl.userWriteBlockMode).
const (
	FenceUnknown FenceMode = 0 // also while the command waits
	FenceOff     FenceMode = 1
	FenceOn      FenceMode = 2
)

// FenceAttempt bounds one attempt to set the fence. An open transaction that
// wrote holds the command back, and while it waits every other client queues
// behind it: so ask shortly, and again.
const FenceAttempt = 500 // milliseconds

// Fence turns the user write block on or off in one short attempt. It is
// idempotent, and the command takes no write concern: a later write that a
// majority confirms (AppendNote) makes it durable. A transient error with CodeMaxTimeExpired means that an open
// transaction is in the way. It needs the action setUserWriteBlockMode.
func (c *Cluster) Fence(ctx context.Context, on bool) error {
	_, err := c.marked(ctx, "admin", func(m mark) any {
		return bson.D{
			{Key: "setUserWriteBlockMode", Value: 1}, {Key: "global", Value: on},
			{Key: "maxTimeMS", Value: FenceAttempt}, {Key: "comment", Value: m},
		}
	})
	if err != nil {
		return fmt.Errorf("set the user write block to %v: %w", on, err)
	}
	return nil
}

// FenceMode reads the write block back from the primary.
func (c *Cluster) FenceMode(ctx context.Context) (FenceMode, error) {
	cmd := bson.D{{Key: "serverStatus", Value: 1}}
	for _, section := range heavySections {
		cmd = append(cmd, bson.E{Key: section, Value: 0})
	}
	reply, err := c.Run(ctx, "admin", cmd)
	if err != nil {
		return FenceUnknown, fmt.Errorf("read the user write block: %w", err)
	}
	mode, ok := reply.Lookup("repl", "userWriteBlockMode").AsInt64OK()
	if !ok {
		return FenceUnknown, fmt.Errorf("%s: serverStatus does not tell the user write block", c.name)
	}
	return FenceMode(mode), nil
}
