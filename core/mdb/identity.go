package mdb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Identity is what a cluster says about itself.
type Identity struct {
	ID      string // the replica set's own id: it survives renames, moves and restarts
	SetName string
	Sharded bool
	Primary string   // host:port; empty when there is none
	Hosts   []string // data-bearing members
	Version string
	Major   int
}

// Identity asks hello, buildInfo and the replica set configuration. It needs
// the role clusterMonitor.
func (c *Cluster) Identity(ctx context.Context) (Identity, error) {
	hello, err := c.Run(ctx, "admin", bson.D{{Key: "hello", Value: 1}})
	if err != nil {
		return Identity{}, err
	}
	var id Identity
	id.SetName, _ = hello.Lookup("setName").StringValueOK()
	id.Primary, _ = hello.Lookup("primary").StringValueOK()
	if msg, _ := hello.Lookup("msg").StringValueOK(); msg == "isdbgrid" {
		return Identity{}, fmt.Errorf("%s is a sharded cluster; this version syncs replica sets only", c.name)
	}
	if id.SetName == "" {
		return Identity{}, fmt.Errorf("%s is a standalone server; a sync needs a replica set (one member is enough)", c.name)
	}
	id.Hosts = stringsOf(hello, "hosts", "passives")
	if err := c.addVersion(ctx, &id); err != nil {
		return Identity{}, err
	}
	return id, c.addSetID(ctx, &id)
}

func (c *Cluster) addVersion(ctx context.Context, id *Identity) error {
	info, err := c.Run(ctx, "admin", bson.D{{Key: "buildInfo", Value: 1}})
	if err != nil {
		return err
	}
	id.Version, _ = info.Lookup("version").StringValueOK()
	if arr, ok := info.Lookup("versionArray").ArrayOK(); ok {
		id.Major = intOf(arr.Index(0))
	}
	if id.Major < 6 {
		return fmt.Errorf("%s runs MongoDB %s; 6.0 or later is needed (expanded change events and user write blocking)", c.name, id.Version)
	}
	return nil
}

func (c *Cluster) addSetID(ctx context.Context, id *Identity) error {
	reply, err := c.Run(ctx, "admin", bson.D{{Key: "replSetGetConfig", Value: 1}})
	if err != nil {
		return fmt.Errorf("read the replica set's id: %w", err)
	}
	oid, ok := reply.Lookup("config", "settings", "replicaSetId").ObjectIDOK()
	if !ok {
		return errors.New(c.name + ": the replica set's configuration has no replicaSetId")
	}
	id.ID = oid.Hex()
	return nil
}

func stringsOf(doc bson.Raw, keys ...string) []string {
	var out []string
	for _, k := range keys {
		arr, ok := doc.Lookup(k).ArrayOK()
		if !ok {
			continue
		}
		values, _ := arr.Values()
		for _, v := range values {
			if s, ok := v.StringValueOK(); ok {
				out = append(out, s)
			}
		}
	}
	return out
}

// Ping measures one round trip to the primary; it waits two seconds at most.
func (c *Cluster) Ping(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	begin := time.Now()
	_, err := c.Run(ctx, "admin", bson.D{{Key: "ping", Value: 1}})
	return time.Since(begin), err
}
