package facts

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/sdk"
)

// set is a replica set as its configuration has it, with the members' states as
// the primary sees them.
type set struct {
	name, id string
	members  []sdk.Member
}

// setConfig is the part of replSetGetConfig's answer that is of use. Versions
// before 5.0 call the delay slaveDelay; the engine has no business with those.
type setConfig struct {
	Config struct {
		Name    string `bson:"_id"`
		Members []struct {
			Host         string  `bson:"host"`
			Arbiter      bool    `bson:"arbiterOnly"`
			Hidden       bool    `bson:"hidden"`
			Votes        int     `bson:"votes"`
			Priority     float64 `bson:"priority"`
			BuildIndexes bool    `bson:"buildIndexes"`
			DelaySecs    int64   `bson:"secondaryDelaySecs"`
		} `bson:"members"`
		Settings struct {
			ID bson.ObjectID `bson:"replicaSetId"`
		} `bson:"settings"`
	} `bson:"config"`
}

type setStatus struct {
	Members []struct {
		Host  string `bson:"name"`
		State string `bson:"stateStr"`
	} `bson:"members"`
}

func readSet(ctx context.Context, c *mdb.Cluster) (set, error) {
	var config setConfig
	if err := ask(ctx, c, "replSetGetConfig", &config); err != nil {
		return set{}, err
	}
	var status setStatus
	if err := ask(ctx, c, "replSetGetStatus", &status); err != nil {
		return set{}, err
	}
	states := map[string]string{}
	for _, m := range status.Members {
		states[m.Host] = m.State
	}
	s := set{name: config.Config.Name, id: config.Config.Settings.ID.Hex()}
	for _, m := range config.Config.Members {
		s.members = append(s.members, sdk.Member{
			Host: m.Host, State: states[m.Host], Arbiter: m.Arbiter, Hidden: m.Hidden, Votes: m.Votes,
			Priority: m.Priority, BuildIndexes: m.BuildIndexes, SecondaryDelaySecs: m.DelaySecs,
		})
	}
	return s, nil
}

// ask sends an argumentless command to the database admin and decodes the reply.
func ask(ctx context.Context, c *mdb.Cluster, command string, into any) error {
	reply, err := c.Run(ctx, "admin", bson.D{{Key: command, Value: 1}})
	if err != nil {
		return err
	}
	if err := bson.Unmarshal(reply, into); err != nil {
		return fmt.Errorf("%s: the reply of %s cannot be read: %w", c.Name(), command, err)
	}
	return nil
}

// dataBearing leaves out the arbiters: they hold nothing, and no user can log in
// to them.
func (s set) dataBearing() []sdk.Member {
	var list []sdk.Member
	for _, m := range s.members {
		if !m.Arbiter {
			list = append(list, m)
		}
	}
	return list
}

// membersAtOnce bounds how many members are asked at the same time.
const membersAtOnce = 8

// fromEach asks every data-bearing member by a direct connection; the answers
// are in the order of the set's configuration. A member that cannot be connected
// is asked nothing: failed makes its answer.
func fromEach[T any](ctx context.Context, c *mdb.Cluster, s set,
	question func(context.Context, *mdb.Cluster, sdk.Member) T, failed func(sdk.Member, error) T) []T {
	members := s.dataBearing()
	answers := make([]T, len(members))
	var group errgroup.Group
	group.SetLimit(membersAtOnce)
	for i, m := range members {
		group.Go(func() error {
			direct, err := connect(ctx, c, s, m)
			if err != nil {
				answers[i] = failed(m, err)
				return nil
			}
			defer direct.Close()
			answers[i] = question(ctx, direct, m)
			return nil
		})
	}
	_ = group.Wait() // no question returns an error
	return answers
}

// connect opens a direct connection and makes sure that this member is at its
// end: two hosts may lead to one server, and then the other one was never asked.
func connect(ctx context.Context, c *mdb.Cluster, s set, m sdk.Member) (*mdb.Cluster, error) {
	direct, err := c.Direct(m.Host)
	if err != nil {
		return nil, err
	}
	hello, err := direct.Run(ctx, "admin", bson.D{{Key: "hello", Value: 1}})
	if err == nil {
		err = s.mustBe(m, hello)
	}
	if err != nil {
		direct.Close()
		return nil, err
	}
	return direct, nil
}

func (s set) mustBe(m sdk.Member, hello bson.Raw) error {
	name, _ := hello.Lookup("setName").StringValueOK()
	me, _ := hello.Lookup("me").StringValueOK()
	if name != s.name || me != m.Host {
		return fmt.Errorf("at the address of member %s of set %s answers %q of set %q; the members' hosts must lead from here to the members", m.Host, s.name, me, name)
	}
	return nil
}
