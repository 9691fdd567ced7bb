package guest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/sdk"
)

// shelf is a server with cursors: every find or aggregate has batches documents in as many batches. It has sessions and
// refuses a getMore from another one than the find came in.
type shelf struct {
	mu      sync.Mutex // cursors are closed side by side
	batches int
	doc     string
	next    int64
	open    map[int64]*stored
	got     []sent
	ended   int
	refuse  string // the command that fails
}

type stored struct {
	session, left int
}

type shelfSession struct {
	*shelf
	number int
}

func (s *shelf) OpenSession(context.Context, string) (sdk.Commander, func(), error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	return shelfSession{s, int(s.next)}, func() { s.mu.Lock(); defer s.mu.Unlock(); s.ended++ }, nil
}

func (s *shelf) RunCommand(ctx context.Context, cluster, db string, cmd json.RawMessage) (json.RawMessage, error) {
	return shelfSession{s, 0}.RunCommand(ctx, cluster, db, cmd)
}

func (s shelfSession) RunCommand(_ context.Context, cluster, db string, cmd json.RawMessage) (json.RawMessage, error) {
	fields, err := parseCommand(cmd)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, sent{cluster, db, cmd})
	if fields.name() == s.refuse {
		return nil, errors.New("no")
	}
	var id struct {
		Long int64 `json:"$numberLong,string"`
	}
	switch fields.name() {
	case "killCursors":
		var ids []struct {
			Long int64 `json:"$numberLong,string"`
		}
		if err := json.Unmarshal(fields[1].value, &ids); err != nil {
			return nil, err
		}
		delete(s.open, ids[0].Long)
		return json.RawMessage(`{"ok":1}`), nil
	case "getMore":
		if err := json.Unmarshal(fields[0].value, &id); err != nil {
			return nil, err
		}
		if c := s.open[id.Long]; c == nil || c.session != s.number {
			return nil, fmt.Errorf("cursor %d is not one of session %d", id.Long, s.number)
		}
		return s.batch(id.Long, "nextBatch"), nil
	}
	s.next++
	s.open[s.next] = &stored{s.number, s.batches}
	return s.batch(s.next, "firstBatch"), nil
}

func (s *shelf) batch(id int64, name string) json.RawMessage {
	c := s.open[id]
	if c.left--; c.left == 0 {
		delete(s.open, id)
		id = 0
	}
	return json.RawMessage(fmt.Sprintf(`{"cursor":{"id":{"$numberLong":"%d"},"ns":"app.c","%s":[%s]}}`, id, name, s.doc))
}

func newShelf(batches int) *shelf {
	return &shelf{batches: batches, doc: `{"n":{"$numberInt":"7"}}`, open: map[int64]*stored{}}
}

const findAll = `{"cluster":"source","database":"app","collection":"c"}`

func ask(t *testing.T, s *Session, op, req string) (sdk.BatchReply, error) {
	t.Helper()
	out, err := s.Call(t.Context(), op, json.RawMessage(req))
	var r sdk.BatchReply
	if err == nil {
		require.NoError(t, json.Unmarshal(out, &r), "%s", out)
	}
	return r, err
}

func TestCommandOfAReader(t *testing.T) {
	server := newShelf(2)
	s := reader(server)
	_, err := ask(t, s, sdk.OpFind, `{"cluster":"destination","database":"app","collection":"c","limit":500,"sort":{"b":1,"a":-1},"filter":{"\u0061":{"$gt":{"$numberLong":"5"}}},"hint":"a_1","batchSize":7}`)
	require.NoError(t, err)
	_, err = ask(t, s, sdk.OpCursorNext, `{"cursor":1}`)
	require.NoError(t, err)
	_, err = ask(t, s, sdk.OpAggregate, `{"cluster":"source","database":"app","collection":"c","pipeline":[{"$match":{"x":null,"y":[true,1.5e3,"\u003c"]}}],"readConcern":{"level":"majority"}}`)
	require.NoError(t, err)
	require.Equal(t, "destination", server.got[0].cluster)
	require.Equal(t, `{"find":"c","filter":{"a":{"$gt":{"$numberLong":"5"}}},"sort":{"b":1,"a":-1},"hint":"a_1","limit":500,"batchSize":7,"maxTimeMS":5000,"comment":"revsync plugin acme.m"}`, string(server.got[0].cmd))
	require.Equal(t, `{"getMore":{"$numberLong":"2"},"collection":"c","batchSize":7,"comment":"revsync plugin acme.m"}`, string(server.got[1].cmd))
	require.Equal(t, `{"aggregate":"c","pipeline":[{"$match":{"x":null,"y":[true,1.5e3,"\u003c"]}}],"readConcern":{"level":"majority"},"cursor":{"batchSize":100},"maxTimeMS":5000,"comment":"revsync plugin acme.m"}`, string(server.got[2].cmd))
}

func TestBatchesUntilTheEnd(t *testing.T) {
	server := newShelf(3)
	s := reader(server)
	for i, request := range []string{findAll, `{"cursor":1}`, `{"cursor":1}`} {
		r, err := ask(t, s, []string{sdk.OpFind, sdk.OpCursorNext, sdk.OpCursorNext}[i], request)
		require.NoError(t, err)
		require.Equal(t, `{"n":7}`, string(r.Documents[0]))
		require.Equal(t, []int64{1, 1, 0}[i], r.Cursor)
	}
	require.Equal(t, 1, server.ended, "the session ends with the cursor")
	require.Len(t, server.got, 3, "an exhausted cursor needs no killCursors")
	_, err := ask(t, s, sdk.OpCursorNext, `{"cursor":1}`)
	require.Equal(t, sdk.CodeNotFound, code(err))
	r, err := ask(t, s, sdk.OpFind, `{"cluster":"source","database":"app","collection":"c","ejson":"canonical"}`)
	require.NoError(t, err)
	require.Equal(t, int64(2), r.Cursor, "a handle is not used twice")
	require.Equal(t, server.doc, string(r.Documents[0]))
	r, err = ask(t, s, sdk.OpCursorNext, `{"cursor":2}`)
	require.NoError(t, err)
	require.Equal(t, server.doc, string(r.Documents[0]), "the form holds for every batch")
}

func TestCursorsEndWithTheirEvaluation(t *testing.T) {
	server := newShelf(9)
	one, other := reader(server), reader(server)
	for range 3 {
		_, err := ask(t, one, sdk.OpFind, findAll)
		require.NoError(t, err)
	}
	_, err := ask(t, other, sdk.OpCursorNext, `{"cursor":2}`)
	require.Equal(t, sdk.CodeNotFound, code(err), "a handle belongs to one evaluation")
	_, err = ask(t, other, sdk.OpCursorClose, `{"cursor":2}`)
	require.Equal(t, sdk.CodeNotFound, code(err))
	require.Len(t, server.open, 3)
	_, err = ask(t, one, sdk.OpCursorClose, `{"cursor":2}`)
	require.NoError(t, err)
	require.Len(t, server.open, 2)
	one.Close()
	one.Close()
	require.Empty(t, server.open)
	require.Equal(t, 3, server.ended)
	_, err = ask(t, one, sdk.OpCursorNext, `{"cursor":1}`)
	require.Equal(t, sdk.CodeFailedPrecondition, code(err))
}

func TestCursorOfACallThatTheEvaluationDoesNotWaitFor(t *testing.T) {
	server := newShelf(2)
	sending, answer := make(chan struct{}), make(chan struct{})
	held := CommanderFunc(func(ctx context.Context, cluster, db string, cmd json.RawMessage) (json.RawMessage, error) {
		if strings.HasPrefix(string(cmd), `{"find"`) {
			close(sending)
			<-answer
		}
		return server.RunCommand(ctx, cluster, db, cmd)
	})
	s := reader(held)
	failed := make(chan error, 1)
	go func() {
		_, err := s.Call(context.Background(), sdk.OpFind, json.RawMessage(findAll))
		failed <- err
	}()
	<-sending
	closed := make(chan struct{})
	go func() { s.Close(); close(closed) }()
	require.Eventually(t, func() bool { // Close has begun
		_, err := s.Call(t.Context(), sdk.OpTimeNow, nil)
		return code(err) == sdk.CodeFailedPrecondition
	}, 10*time.Second, time.Millisecond)
	close(answer)
	<-closed
	require.Empty(t, server.open, "Close has waited for the call, which closed its cursor")
	require.Equal(t, sdk.CodeFailedPrecondition, code(<-failed))
}

func TestAtMostEightCursors(t *testing.T) {
	server := newShelf(2)
	s := reader(server)
	for range 8 {
		_, err := ask(t, s, sdk.OpFind, findAll)
		require.NoError(t, err)
	}
	_, err := ask(t, s, sdk.OpFind, findAll)
	require.Equal(t, sdk.CodeResourceExhausted, code(err))
	require.ErrorContains(t, err, "8 cursors are open")
	require.Len(t, server.got, 8)
	_, err = ask(t, s, sdk.OpCursorNext, `{"cursor":5}`) // its last batch
	require.NoError(t, err)
	_, err = ask(t, s, sdk.OpFind, findAll)
	require.NoError(t, err, "one has ended")
	server.refuse = "find"
	_, err = ask(t, s, sdk.OpCursorClose, `{"cursor":1}`)
	require.NoError(t, err)
	for range 10 {
		_, err = ask(t, s, sdk.OpFind, findAll)
		require.Equal(t, sdk.CodeUnavailable, code(err), "one that fails takes no room: %v", err)
	}
}

func TestBatchThatDoesNotFit(t *testing.T) {
	for name, size := range map[string]int{"relaxed": 1100, "not worth relaxing": 40000} {
		t.Run(name, func(t *testing.T) {
			server := newShelf(2)
			server.doc = `{"a":"` + strings.Repeat("x", 800) + `"}`
			s := reader(server)
			s.limits.ResultBytes = 1000
			_, err := ask(t, s, sdk.OpFind, findAll)
			require.NoError(t, err)
			server.doc = `{"a":"` + strings.Repeat("x", size) + `"}`
			_, err = ask(t, s, sdk.OpCursorNext, `{"cursor":1}`)
			require.Equal(t, sdk.CodeResourceExhausted, code(err))
			require.ErrorContains(t, err, "batchSize below 100")
			_, err = ask(t, s, sdk.OpFind, findAll)
			require.Equal(t, sdk.CodeResourceExhausted, code(err))
			require.Empty(t, server.open)
			require.Equal(t, 2, server.ended)
		})
	}
}

func TestCursorIsClosedAfterAnError(t *testing.T) {
	server := newShelf(3)
	s := reader(server)
	_, err := ask(t, s, sdk.OpFind, findAll)
	require.NoError(t, err)
	server.refuse = "getMore"
	_, err = ask(t, s, sdk.OpCursorNext, `{"cursor":1}`)
	require.Equal(t, sdk.CodeUnavailable, code(err))
	require.Empty(t, server.open)
	_, err = ask(t, s, sdk.OpCursorNext, `{"cursor":1}`)
	require.Equal(t, sdk.CodeNotFound, code(err))
	for _, bad := range []string{``, `{}`, `{"cursor":1,"more":1}`, `{"cursor":"1"}`, `{"cursor":1}{}`, `[]`} {
		_, err = ask(t, s, sdk.OpCursorNext, bad)
		require.Contains(t, []sdk.Code{sdk.CodeInvalidArgument, sdk.CodeNotFound}, code(err), bad)
	}
}

func TestRightsToNamespaces(t *testing.T) {
	orders := []sdk.Capability{{Cluster: sdk.RoleSource, Op: sdk.OpFind, Namespaces: []string{"app.orders", "shop"}},
		{Cluster: sdk.RoleSource, Op: sdk.OpAggregate, Namespaces: []string{"app.orders"}}}
	request := func(cluster, db, coll, rest string) string {
		return fmt.Sprintf(`{"cluster":%q,"database":%q,"collection":%q%s}`, cluster, db, coll, rest)
	}
	lookup := func(from string) string {
		return `,"pipeline":[{"$facet":{"a":[{"$lookup":{"from":"` + from + `","as":"x","pipeline":[]}}]}}]`
	}
	cases := map[string]struct {
		op, request string
		allowed     bool
	}{
		"a collection":            {sdk.OpFind, request("source", "app", "orders", ""), true},
		"another collection":      {sdk.OpFind, request("source", "app", "ordersOld", ""), false},
		"the same name elsewhere": {sdk.OpFind, request("source", "app2", "orders", ""), false},
		"a whole database":        {sdk.OpFind, request("source", "shop", "any.thing", ""), true},
		"the other cluster":       {sdk.OpFind, request("destination", "app", "orders", ""), false},
		"another operation":       {sdk.OpAggregate, request("source", "shop", "a", `,"pipeline":[]`), false},
		"a pipeline":              {sdk.OpAggregate, request("source", "app", "orders", `,"pipeline":[]`), true},
		"lookup of itself":        {sdk.OpAggregate, request("source", "app", "orders", lookup("orders")), true},
		"lookup of another":       {sdk.OpAggregate, request("source", "app", "orders", lookup("secrets")), false},
	}
	for name, c := range cases {
		for side, scope := range map[string]Scope{"asked": {Asked: orders, Granted: readsAll()}, "granted": {Asked: readsAll(), Granted: orders}} {
			t.Run(name+", "+side, func(t *testing.T) {
				var got []sent
				var text strings.Builder
				s := (&Hosts{Commander: recorder(exhausted, &got), Log: slog.New(slog.NewTextHandler(&text, nil))}).Open(scope)
				_, err := s.Call(t.Context(), c.op, json.RawMessage(c.request))
				if c.allowed {
					require.NoError(t, err)
					require.Len(t, got, 1)
					return
				}
				require.Equal(t, sdk.CodePermissionDenied, code(err))
				require.Empty(t, got)
				require.Equal(t, c.op, s.Denied()[0].Op)
				require.Contains(t, s.Denied()[0].Command, ".")
				require.Contains(t, text.String(), "op="+c.op+" cluster=")
				require.Contains(t, text.String(), "command="+s.Denied()[0].Command)
			})
		}
	}
}
