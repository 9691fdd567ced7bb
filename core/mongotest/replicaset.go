package mongotest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"golang.org/x/sync/errgroup"
)

// ReplicaSet is a running set. Whoever got it from Start calls Stop or Remove.
type ReplicaSet struct {
	options Options
	members []*Member
}

const (
	primaryTimeout    = 30 * time.Second
	connectTimeout    = 30 * time.Second
	disconnectTimeout = 2 * time.Second
)

// Name returns the name of the replica set.
func (rs *ReplicaSet) Name() string { return rs.options.Name }

// Members returns the members in a fixed order, running or not.
func (rs *ReplicaSet) Members() []*Member { return slices.Clone(rs.members) }

// Hosts returns the addresses of all members, "127.0.0.1:port", in the order of Members.
func (rs *ReplicaSet) Hosts() []string {
	var hosts []string
	for _, m := range rs.members {
		hosts = append(hosts, m.Host())
	}
	return hosts
}

// URI returns a connection string for the set. A set without access control
// has no users, so user is not used then.
func (rs *ReplicaSet) URI(user User) string {
	if rs.options.Standalone {
		return rs.members[0].URI(user)
	}
	return rs.uri(user, strings.Join(rs.Hosts(), ","), url.Values{"replicaSet": {rs.options.Name}})
}

func (rs *ReplicaSet) uri(user User, hosts string, query url.Values) string {
	if rs.options.NoAuth {
		user = Nobody
	}
	return user.uri(hosts, query)
}

// Connect returns a client that has reached the set's primary. The caller disconnects it,
// best before the servers stop: afterwards Disconnect waits for them.
func (rs *ReplicaSet) Connect(ctx context.Context, user User) (*mongo.Client, error) {
	return connect(ctx, rs.URI(user))
}

func connect(ctx context.Context, uri string) (*mongo.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		return nil, err
	}
	if err := client.Ping(ctx, nil); err != nil {
		return nil, errors.Join(err, disconnect(client))
	}
	return client, nil
}

// disconnect gives up soon, since the servers may be dead or paused on purpose.
func disconnect(client *mongo.Client) error {
	ctx, cancel := context.WithTimeout(context.Background(), disconnectTimeout)
	defer cancel()
	return client.Disconnect(ctx)
}

// Primary waits until a member says that it is primary and returns it. If two
// do, as after a pause, the one elected last counts. Without a deadline it gives
// up after 30 seconds.
func (rs *ReplicaSet) Primary(ctx context.Context) (*Member, error) {
	ctx, cancel := context.WithTimeout(ctx, primaryTimeout)
	defer cancel()
	var found *Member
	err := poll(ctx, pollInterval, func() (bool, error) {
		found = rs.primaryNow(ctx)
		return found != nil, nil
	})
	if err != nil {
		return nil, fmt.Errorf("replica set %s has no primary: %w", rs.options.Name, err)
	}
	return found, nil
}

// primaryNow asks all members at once that can answer.
func (rs *ReplicaSet) primaryNow(ctx context.Context) *Member {
	answers := make([]hello, len(rs.members))
	var asked sync.WaitGroup
	for i, m := range rs.members {
		if p := m.current(); p != nil && p.answers() {
			asked.Go(func() { answers[i], _ = m.hello(ctx) }) // no answer, no primary
		}
	}
	asked.Wait()
	latest := -1
	for i, h := range answers {
		if h.Primary && (latest < 0 || bytes.Compare(h.ElectionID[:], answers[latest].ElectionID[:]) > 0) {
			latest = i
		}
	}
	if latest < 0 {
		return nil
	}
	return rs.members[latest]
}

// StepDown makes the primary step down, by force, and returns when there is a
// primary again: another member, or the same one in a set of one.
func (rs *ReplicaSet) StepDown(ctx context.Context) error {
	old, err := rs.Primary(ctx)
	if err != nil {
		return err
	}
	seconds := 10 // for which the old primary will not stand again
	if len(rs.members) == 1 {
		seconds = 1
	}
	command := bson.D{{Key: "replSetStepDown", Value: seconds},
		{Key: "secondaryCatchUpPeriodSecs", Value: 0}, {Key: "force", Value: true}}
	err = rs.asAdministrator(ctx, old, func(run runner) error { return run(ctx, command) })
	if err != nil {
		return fmt.Errorf("step down %s: %w", old.Host(), err)
	}
	_, err = rs.Primary(ctx)
	return err
}

// Stop kills all members; paused ones too. The data stays. It may be called again.
func (rs *ReplicaSet) Stop() error {
	var group errgroup.Group
	for _, m := range rs.members {
		group.Go(m.Kill)
	}
	return group.Wait()
}

// Remove stops the set, gives its ports back and deletes its folder, also one
// named in Options.Dir. The set cannot be started again.
func (rs *ReplicaSet) Remove() error {
	errs := []error{rs.Stop()}
	for _, m := range rs.members {
		if m.proxy != nil {
			errs = append(errs, m.proxy.close())
		}
		errs = append(errs, m.port.release())
	}
	return errors.Join(append(errs, os.RemoveAll(rs.options.Dir))...)
}
