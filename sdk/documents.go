package sdk

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
)

// FindRequest is the request document of OpFind. The documents in it are Extended JSON of either form.
type FindRequest struct {
	Cluster     Role            `json:"cluster"`
	Database    string          `json:"database"`
	Collection  string          `json:"collection"`
	Filter      json.RawMessage `json:"filter,omitempty"`
	Projection  json.RawMessage `json:"projection,omitempty"`
	Sort        json.RawMessage `json:"sort,omitempty"` // the order of its keys counts
	Hint        json.RawMessage `json:"hint,omitempty"` // an index's name as a JSON string, or its key document
	Collation   json.RawMessage `json:"collation,omitempty"`
	ReadConcern json.RawMessage `json:"readConcern,omitempty"` // {"level": "local", "available" or "majority"}
	Skip        int64           `json:"skip,omitempty"`
	Limit       int64           `json:"limit,omitempty"` // 0 is no limit
	// BatchSize is how many documents a batch may have: 1 to 1000, or 0 for 100.
	BatchSize int `json:"batchSize,omitempty"`
	// EJSON is relaxed (the default) or canonical: how values come back, in all batches.
	EJSON string `json:"ejson,omitempty"`
}

// AggregateRequest is the request document of OpAggregate. The documents in it are Extended JSON of either form.
type AggregateRequest struct {
	Cluster    Role   `json:"cluster"`
	Database   string `json:"database"`
	Collection string `json:"collection"`
	// Pipeline is an array of stages, out of those that the engine lets modules use.
	Pipeline    json.RawMessage `json:"pipeline"`
	Hint        json.RawMessage `json:"hint,omitempty"`
	Collation   json.RawMessage `json:"collation,omitempty"`
	ReadConcern json.RawMessage `json:"readConcern,omitempty"`
	BatchSize   int             `json:"batchSize,omitempty"` // as in FindRequest
	EJSON       string          `json:"ejson,omitempty"`     // as in FindRequest
}

// CursorRequest is the request document of OpCursorNext and OpCursorClose.
type CursorRequest struct {
	Cursor int64 `json:"cursor"`
}

// BatchReply is the result document of OpFind, OpAggregate and OpCursorNext.
type BatchReply struct {
	// Documents is one batch, which may be empty before the last.
	Documents []json.RawMessage `json:"documents"`
	// Cursor is the handle for the next batch; 0, or not there, when this was the last. It is known to one evaluation only.
	Cursor int64 `json:"cursor,omitempty"`
}

// Documents are the documents of a cursor, one by one, for a range loop. An error is the last thing that comes. A loop
// that is left early closes the cursor.
type Documents = iter.Seq2[json.RawMessage, error]

// Find reads documents through the host, batch by batch:
//
//	for doc, err := range sdk.Find(ctx, h, sdk.FindRequest{Cluster: sdk.RoleSource, Database: "app", Collection: "orders"}) {
//		if err != nil {
//			return nil, err
//		}
//		…
//	}
//
// Nothing is sent before the loop begins; each loop over the result sends the request again.
func Find(ctx context.Context, h Host, r FindRequest) Documents {
	return documents(ctx, h, OpFind, r.write)
}

// Aggregate is Find for a pipeline.
func Aggregate(ctx context.Context, h Host, r AggregateRequest) Documents {
	return documents(ctx, h, OpAggregate, r.write)
}

// As decodes documents into values of one type with encoding/json. Its cost counts in a WASM module: ask for few fields.
func As[T any](docs Documents) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for doc, err := range docs {
			var v T
			if err == nil {
				err = json.Unmarshal(doc, &v)
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// documents asks for batch after batch. No reflection: a module usually runs interpreted.
func documents(ctx context.Context, h Host, op string, request func(*writer)) Documents {
	return func(yield func(json.RawMessage, error) bool) {
		batch, err := ask(ctx, h, op, request)
		for {
			if err != nil {
				yield(nil, err)
				return
			}
			for _, doc := range batch.Documents {
				if !yield(doc, nil) {
					closeCursor(ctx, h, batch.Cursor)
					return
				}
			}
			if batch.Cursor == 0 {
				return
			}
			batch, err = ask(ctx, h, OpCursorNext, cursorRequest(batch.Cursor))
		}
	}
}

// closeCursor is a courtesy: what it fails to close ends with the evaluation.
func closeCursor(ctx context.Context, h Host, cursor int64) {
	if cursor == 0 {
		return
	}
	w := &writer{}
	cursorRequest(cursor)(w)
	_, _ = h.Call(ctx, OpCursorClose, w.doc)
}

func cursorRequest(cursor int64) func(*writer) {
	return func(w *writer) {
		w.object(func() {
			w.key("cursor")
			w.integer(cursor)
		})
	}
}

func ask(ctx context.Context, h Host, op string, request func(*writer)) (BatchReply, error) {
	w := &writer{}
	request(w)
	if w.err != nil {
		return BatchReply{}, errors.New("encode the request of " + op + ": " + w.err.Error())
	}
	out, err := h.Call(ctx, op, w.doc)
	if err != nil {
		return BatchReply{}, err
	}
	batch, err := decodeBatch(out)
	if err != nil {
		return batch, errors.New("decode the result of " + op + ": " + err.Error())
	}
	return batch, nil
}

func decodeBatch(doc []byte) (b BatchReply, err error) {
	r := &reader{data: string(doc)}
	r.object(func(key string) {
		switch key {
		case "documents":
			r.array(func() { b.Documents = append(b.Documents, r.raw()) })
		case "cursor":
			b.Cursor = r.integer()
		default:
			r.skip()
		}
	})
	return b, r.err
}

func (f FindRequest) write(w *writer) {
	w.object(func() {
		w.collection(f.Cluster, f.Database, f.Collection)
		w.rawIfAny("filter", f.Filter)
		w.rawIfAny("projection", f.Projection)
		w.rawIfAny("sort", f.Sort)
		w.rawIfAny("hint", f.Hint)
		w.rawIfAny("collation", f.Collation)
		w.rawIfAny("readConcern", f.ReadConcern)
		w.integerIfAny("skip", f.Skip)
		w.integerIfAny("limit", f.Limit)
		w.integerIfAny("batchSize", int64(f.BatchSize))
		w.textIfAny("ejson", f.EJSON)
	})
}

func (a AggregateRequest) write(w *writer) {
	w.object(func() {
		w.collection(a.Cluster, a.Database, a.Collection)
		w.rawIfAny("pipeline", a.Pipeline)
		w.rawIfAny("hint", a.Hint)
		w.rawIfAny("collation", a.Collation)
		w.rawIfAny("readConcern", a.ReadConcern)
		w.integerIfAny("batchSize", int64(a.BatchSize))
		w.textIfAny("ejson", a.EJSON)
	})
}

func (w *writer) collection(cluster Role, database, collection string) {
	w.text("cluster", string(cluster))
	w.text("database", database)
	w.text("collection", collection)
}

func (w *writer) rawIfAny(key string, doc json.RawMessage) {
	if len(doc) > 0 {
		w.key(key)
		w.raw(doc)
	}
}

func (w *writer) integerIfAny(key string, n int64) {
	if n != 0 {
		w.key(key)
		w.integer(n)
	}
}
