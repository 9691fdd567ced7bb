package mdb

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Session sends commands in one server session, for readers that keep their own
// cursors: the server refuses a getMore from another session than the one that
// the cursor was opened in. It is for one goroutine at a time; End it.
type Session struct {
	c       *Cluster
	session *mongo.Session
	broken  bool // a command went without an answer: the server may hold a cursor that nobody knows
}

// OpenSession starts a session; no server is contacted for that.
func (c *Cluster) OpenSession() (*Session, error) {
	session, err := c.client.StartSession(options.Session().SetCausalConsistency(false))
	if err != nil {
		return nil, fmt.Errorf("%s: start a session: %w", c.name, err)
	}
	return &Session{c: c, session: session}, nil
}

// Run is Cluster.Run in the session.
func (s *Session) Run(ctx context.Context, db string, cmd any) (bson.Raw, error) {
	reply, err := s.c.Run(mongo.NewSessionContext(ctx, s.session), db, cmd)
	s.broken = s.broken || err != nil && !Answered(err)
	return reply, err
}

// End gives the session up. After a command without an answer it has the server
// close whatever the session left open there; for that it waits a second, also
// when ctx has ended. A user needs no right to end sessions of its own.
func (s *Session) End(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if s.broken {
		_, _ = s.c.Run(ctx, "admin", bson.D{{Key: "killSessions", Value: bson.A{s.session.ID()}}})
	}
	s.session.EndSession(ctx)
}
