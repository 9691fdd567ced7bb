//go:build unix

package cases_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
)

// pair is two clusters that cases use one after the other.
type pair struct {
	sets    [2]*mongotest.ReplicaSet
	clients [2]map[mongotest.User]*mongo.Client
	spoiled bool // by a case that did something to the servers
}

var users = []mongotest.User{mongotest.Root, mongotest.App, mongotest.DDL}

// startPair starts two sets that end with the test t, from any goroutine.
func startPair(t *testing.T, o mongotest.Options) (*pair, error) {
	p := &pair{}
	t.Cleanup(p.stop)
	var group errgroup.Group
	for i := range p.sets {
		o := o
		o.Name = fmt.Sprintf("case-%d", i)
		group.Go(func() (err error) {
			if p.sets[i], err = mongotest.Start(context.Background(), o); err == nil {
				p.clients[i], err = connect(p.sets[i])
			}
			return err
		})
	}
	return p, group.Wait()
}

func connect(rs *mongotest.ReplicaSet) (map[mongotest.User]*mongo.Client, error) {
	out := map[mongotest.User]*mongo.Client{}
	for _, u := range users {
		c, err := rs.Connect(context.Background(), u)
		if err != nil {
			return out, err
		}
		out[u] = c
	}
	return out, nil
}

// stop ends the clients first: afterwards they would wait for their servers.
func (p *pair) stop() {
	for i, rs := range p.sets {
		if rs == nil {
			continue // did not start, or was stopped before
		}
		for _, c := range p.clients[i] {
			_ = c.Disconnect(context.Background()) // the end of the test
		}
		_ = rs.Remove() // the servers die with the process in any case
		p.sets[i] = nil
	}
}

// admin runs an administrator's command on a side.
func (p *pair) admin(ctx context.Context, side int, command ...any) (bson.Raw, error) {
	return p.clients[side][mongotest.Root].Database("admin").RunCommand(ctx, d(command...)).Raw()
}

// reset leaves two empty clusters that are open to everybody.
func (p *pair) reset(ctx context.Context) error {
	for side := range p.sets {
		for _, point := range []string{"failCommand", "hangDuringBatchInsert"} {
			if _, err := p.admin(ctx, side, "configureFailPoint", point, "mode", "off"); err != nil {
				return err
			}
		}
		if _, err := p.admin(ctx, side, "setUserWriteBlockMode", 1, "global", false); err != nil {
			return err
		}
		names, err := p.databases(ctx, side)
		if err != nil {
			return err
		}
		for _, name := range append(names, mdb.MetadataDB) {
			if err := p.clients[side][mongotest.Root].Database(name).Drop(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// databases are those of users.
func (p *pair) databases(ctx context.Context, side int) (out []string, err error) {
	names, err := p.clients[side][mongotest.Root].ListDatabaseNames(ctx, bson.D{})
	for _, name := range names {
		if mdb.UserDB(name) {
			out = append(out, name)
		}
	}
	return out, err
}

// d makes a document of keys and values.
func d(pairs ...any) bson.D {
	doc := bson.D{}
	for i := 0; i < len(pairs); i += 2 {
		doc = append(doc, bson.E{Key: pairs[i].(string), Value: pairs[i+1]})
	}
	return doc
}

func split(namespace string) (db, coll string) {
	db, coll, _ = strings.Cut(namespace, ".")
	return db, coll
}
