package workload

import (
	"context"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
)

// Stamp is where and when a server has done an operation.
type Stamp struct {
	// Server is the address, followed by a number of the connection.
	Server string `json:"server,omitempty"`
	// OperationTime is the cluster time of the operation on that server.
	OperationTime *bson.Timestamp `json:"operationTime,omitempty"`
}

// stampKey is the key of a *stamping in a context.
type stampKey struct{}

// stamping takes in the answers to the commands of one operation.
type stamping struct {
	mu     sync.Mutex
	latest Stamp
}

// withStamp returns a context in which Monitor can tell one operation from the
// others, and a function that answers what it has seen.
func withStamp(ctx context.Context) (context.Context, func() Stamp) {
	s := &stamping{}
	return context.WithValue(ctx, stampKey{}, s), func() Stamp {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.latest
	}
}

// Monitor is for the options of the clients given to Start and Switch: with it
// each line of the journal has the address of the server and the time of the
// operation there, of the last command that was answered.
func Monitor() *event.CommandMonitor {
	return &event.CommandMonitor{
		Succeeded: func(ctx context.Context, e *event.CommandSucceededEvent) {
			if s, ok := ctx.Value(stampKey{}).(*stamping); ok {
				s.take(e.ConnectionID, e.Reply)
			}
		},
	}
}

func (s *stamping) take(server string, reply bson.Raw) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latest.Server = server
	if t, i, ok := reply.Lookup("operationTime").TimestampOK(); ok {
		s.latest.OperationTime = &bson.Timestamp{T: t, I: i}
	}
}
