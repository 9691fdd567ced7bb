package guest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/revsync/revsync/sdk"
)

// The documents in one batch, unless the module says how many it wants.
const (
	defaultBatchSize = 100
	maxBatchSize     = 1000
)

// reading is a find or aggregate as a module asks for it.
type reading struct {
	op                   string
	cluster              sdk.Role
	database, collection string
	canonical            bool
	batchSize            int
	arguments            command // beside the name and what the engine sets
}

func (r reading) namespace() string { return r.database + "." + r.collection }

// read opens a cursor and answers its first batch.
func (s *Session) read(ctx context.Context, op string, doc json.RawMessage) (json.RawMessage, error) {
	r, err := decodeReading(op, doc)
	if err != nil {
		return nil, &sdk.StatusError{Code: sdk.CodeInvalidArgument, Message: err.Error()}
	}
	cmd, err := s.readable(r)
	if err != nil {
		return nil, s.deny(sdk.DeniedCall{Op: op, Cluster: r.cluster, Command: clip(r.namespace(), 256), Reason: err.Error()})
	}
	if s.commander == nil {
		return nil, sdk.Statusf(sdk.CodeUnavailable, "this engine gives modules no access to the clusters")
	}
	if err := s.reserve(); err != nil {
		return nil, err
	}
	defer s.landed()
	c := &cursor{reading: r, commander: s.commander, end: func() {}, onServer: r.collection, busy: true}
	if err := s.inSession(ctx, c); err != nil {
		s.drop(ctx, c)
		return nil, err
	}
	return s.fetch(ctx, c, cmd)
}

func decodeReading(op string, doc json.RawMessage) (r reading, err error) {
	var ejson string
	var counts [3]int64
	if op == sdk.OpFind {
		var q sdk.FindRequest
		err = decodeStrictly(doc, &q)
		r = reading{op: op, cluster: q.Cluster, database: q.Database, collection: q.Collection, batchSize: q.BatchSize}
		r.arguments = command{{"filter", q.Filter}, {"projection", q.Projection}, {"sort", q.Sort}, {"hint", q.Hint},
			{"collation", q.Collation}, {"readConcern", q.ReadConcern}, {"skip", number(q.Skip)}, {"limit", number(q.Limit)}}
		ejson, counts = q.EJSON, [3]int64{q.Skip, q.Limit, int64(q.BatchSize)}
	} else {
		var q sdk.AggregateRequest
		err = decodeStrictly(doc, &q)
		r = reading{op: op, cluster: q.Cluster, database: q.Database, collection: q.Collection, batchSize: q.BatchSize}
		r.arguments = command{{"pipeline", q.Pipeline}, {"hint", q.Hint}, {"collation", q.Collation}, {"readConcern", q.ReadConcern}}
		ejson, counts[2] = q.EJSON, int64(q.BatchSize)
	}
	if err != nil {
		return r, err
	}
	r.canonical = ejson == "canonical"
	if min(counts[0], counts[1], counts[2]) < 0 || r.batchSize > maxBatchSize {
		return r, fmt.Errorf("skip, limit or batchSize is negative, or batchSize is more than %d", maxBatchSize)
	}
	if r.batchSize == 0 {
		r.batchSize = defaultBatchSize
	}
	return r, checkAddress(r.cluster, r.database, ejson)
}

func decodeStrictly(doc json.RawMessage, request any) error {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.DisallowUnknownFields()
	if err := d.Decode(request); err != nil {
		return err
	}
	if d.More() {
		return errors.New("data after the request document")
	}
	return nil
}

// number is nil for 0, which the server takes for the default as well.
func number(n int64) json.RawMessage {
	if n == 0 {
		return nil
	}
	return strconv.AppendInt(nil, n, 10)
}

// readable is the command of a reading that passes all three locks. The error says which one holds it back.
func (s *Session) readable(r reading) (node, error) {
	if closedDatabases[r.database] {
		return node{}, fmt.Errorf("database %s is closed to modules", r.database)
	}
	cmd, err := r.command()
	if err != nil {
		return node{}, err
	}
	others, err := checkRead(cmd)
	if err != nil {
		return node{}, err
	}
	for _, collection := range append([]string{r.collection}, others...) {
		if reason := s.entitled(r.cluster, r.op, r.database+"."+collection); reason != "" {
			return node{}, fmt.Errorf("%s: %s", clip(collection, 64), reason)
		}
	}
	return cmd, nil
}

func (r reading) command() (node, error) {
	name, err := json.Marshal(r.collection)
	if err != nil {
		return node{}, err
	}
	cmd := command{{r.op, name}}
	for _, f := range r.arguments {
		if len(f.value) > 0 && string(f.value) != "null" {
			cmd = append(cmd, f)
		}
	}
	size := json.RawMessage(strconv.Itoa(r.batchSize))
	if r.op == sdk.OpFind {
		cmd = append(cmd, field{"batchSize", size})
	} else {
		cmd = append(cmd, field{"cursor", json.RawMessage(`{"batchSize":` + string(size) + `}`)})
	}
	return parseTree(cmd.encode())
}
