package mdb

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/lifecycle"
)

// MajorityWrite is the write concern document of the engine's own commands.
var MajorityWrite = bson.D{{Key: "w", Value: "majority"}}

// AppendNote writes a no-op into the oplog and waits until a majority has it.
// The time it answers is the cut: every write acknowledged before the call has
// an earlier or equal cluster time, and no write before it can become visible
// later. It needs the action appendOplogNote (role backup or clusterManager).
func (c *Cluster) AppendNote(ctx context.Context, text string) (lifecycle.OpTime, error) {
	reply, err := c.Run(ctx, "admin", bson.D{
		{Key: "appendOplogNote", Value: 1},
		{Key: "data", Value: bson.D{{Key: "revsync", Value: text}}},
		{Key: "writeConcern", Value: MajorityWrite},
	})
	if err != nil {
		return lifecycle.OpTime{}, fmt.Errorf("write a note to the oplog: %w", err)
	}
	if err := ConcernError(reply); err != nil {
		return lifecycle.OpTime{}, fmt.Errorf("%s: write a note to the oplog: %w", c.name, err)
	}
	return OperationTime(reply)
}

// OperationTime is the cluster time a reply carries.
func OperationTime(reply bson.Raw) (lifecycle.OpTime, error) {
	t, i, ok := reply.Lookup("operationTime").TimestampOK()
	if !ok {
		return lifecycle.OpTime{}, errors.New("the reply carries no operationTime; is this a replica set?")
	}
	return lifecycle.OpTime{T: t, I: i}, nil
}

// MajorityTime is the newest operation that a majority has, and with it every
// operation that can never be rolled back.
func (c *Cluster) MajorityTime(ctx context.Context) (lifecycle.OpTime, error) {
	reply, err := c.Run(ctx, "admin", bson.D{{Key: "hello", Value: 1}})
	if err != nil {
		return lifecycle.OpTime{}, err
	}
	t, i, ok := reply.Lookup("lastWrite", "majorityOpTime", "ts").TimestampOK()
	if !ok {
		return lifecycle.OpTime{}, fmt.Errorf("%s: hello has no lastWrite.majorityOpTime; is this a replica set?", c.name)
	}
	return lifecycle.OpTime{T: t, I: i}, nil
}

// timestampKey is the first byte of a resume token's data: the key string type
// byte of a timestamp, which the eight bytes of the cluster time follow.
const timestampKey = 0x82

// TokenTime reads the cluster time out of a resume token ({_data: "82..."}).
func TokenTime(token bson.Raw) (lifecycle.OpTime, error) {
	data, ok := token.Lookup("_data").StringValueOK()
	if !ok || len(data) < 18 {
		return lifecycle.OpTime{}, fmt.Errorf("a resume token without readable _data: %s", token)
	}
	b, err := hex.DecodeString(data[:18])
	if err != nil || b[0] != timestampKey {
		return lifecycle.OpTime{}, fmt.Errorf("a resume token that does not begin with a cluster time: %s", token)
	}
	return lifecycle.OpTime{T: be32(b[1:5]), I: be32(b[5:9])}, nil
}

func be32(b []byte) uint32 {
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

// Timestamp is the BSON form of a cluster time.
func Timestamp(o lifecycle.OpTime) bson.Timestamp { return bson.Timestamp{T: o.T, I: o.I} }
