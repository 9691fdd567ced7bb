package mongotest

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"
)

// initiate makes running servers a set with users. The order matters: without
// users, a connection from this machine may initiate the set and create the
// first user, nothing else (MongoDB's localhost exception).
func (rs *ReplicaSet) initiate(ctx context.Context) error {
	first := rs.members[0]
	var answer hello
	err := poll(ctx, pollInterval, func() (bool, error) {
		var err error
		answer, err = first.hello(ctx) // on a busy machine it may come too late at first
		return err == nil, nil
	})
	if err != nil {
		return err
	}
	if rs.options.Standalone {
		return nil
	}
	if answer.MaxWireVersion < oldestDriverWire && !rs.options.NoAuth {
		return errors.New("servers before 4.4 take NoAuth only: the driver that would create the users refuses them")
	}
	if _, err := first.Command(ctx, "admin", bson.D{{Key: "replSetInitiate", Value: rs.config()}}); err != nil {
		return fmt.Errorf("%w%s", err, logTail(first.LogPath()))
	}
	if err := rs.elect(ctx, first); err != nil {
		return err
	}
	if rs.options.NoAuth {
		return nil
	}
	return rs.createUsers(ctx)
}

// config has short times, so that a new primary is found soon after the old one is gone.
func (rs *ReplicaSet) config() bson.D {
	members := bson.A{}
	for i, host := range rs.Hosts() {
		arbiter := rs.options.Arbiter && i == len(rs.members)-1
		members = append(members, bson.D{{Key: "_id", Value: i}, {Key: "host", Value: host}, {Key: "arbiterOnly", Value: arbiter}})
	}
	return bson.D{
		{Key: "_id", Value: rs.options.Name},
		{Key: "members", Value: members},
		{Key: "settings", Value: bson.D{
			{Key: "heartbeatIntervalMillis", Value: 100},
			{Key: "electionTimeoutMillis", Value: 1000},
			// A new primary hears from every member before it takes writes; from a paused one, this.
			{Key: "heartbeatTimeoutSecs", Value: 1},
		}},
	}
}

// elect waits until there is a primary and the others follow it.
func (rs *ReplicaSet) elect(ctx context.Context, first *Member) error {
	if len(rs.members) > 1 {
		if err := rs.stepUp(ctx, first); err != nil {
			return err
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, m := range rs.members {
		group.Go(func() error { return m.settle(ctx) })
	}
	return group.Wait()
}

// stepUp has the member stand for election until it is primary. Left alone, the
// members wait for the election timeout first.
func (rs *ReplicaSet) stepUp(ctx context.Context, m *Member) error {
	return rs.asAdministrator(ctx, m, func(run runner) error {
		return poll(ctx, 2*pollInterval, func() (bool, error) {
			// Refused while the others are not ready to vote; poll ends with the context.
			_ = run(ctx, bson.D{{Key: "replSetStepUp", Value: 1}})
			answer, err := m.hello(ctx)
			return err == nil && answer.Primary, nil
		})
	})
}

func (rs *ReplicaSet) createUsers(ctx context.Context) error {
	primary, err := rs.Primary(ctx)
	if err != nil {
		return err
	}
	if _, err := primary.Command(ctx, "admin", createUser(Root, rolesOf[Root])); err != nil {
		return err
	}
	return rs.asRoot(ctx, func(run runner) error {
		group, ctx := errgroup.WithContext(ctx)
		for _, user := range []User{Sync, App, DDL} {
			group.Go(func() error { return run(ctx, createUser(user, rolesOf[user])) })
		}
		return group.Wait()
	})
}
