package sdktest_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/sdk"
	"github.com/revsync/revsync/sdk/sdktest"
)

func five() *sdktest.Collection {
	return &sdktest.Collection{Documents: []string{`{"n":1}`, `{"n":2}`, `{"n":3}`, `{"n":4}`, `{"n":5}`}, BatchSize: 2}
}

func TestDocumentsOfSeveralBatches(t *testing.T) {
	collection := five()
	host := &sdktest.Host{Answer: collection.Answer}
	docs := sdk.Find(t.Context(), host, sdk.FindRequest{Cluster: sdk.RoleSource, Database: "app", Collection: "c"})
	require.Empty(t, host.Calls(), "nothing is sent before the loop")
	var got []string
	for doc, err := range docs {
		require.NoError(t, err)
		got = append(got, string(doc))
	}
	require.Equal(t, collection.Documents, got)
	require.Zero(t, collection.Open())
	require.Len(t, host.Calls(), 3)
	require.JSONEq(t, `{"cursor":1}`, string(host.Calls()[2].Request))
}

func TestLoopThatIsLeftClosesItsCursor(t *testing.T) {
	collection := five()
	host := &sdktest.Host{Answer: collection.Answer}
	type numbered struct{ N int }
	for doc, err := range sdk.As[numbered](sdk.Aggregate(t.Context(), host, sdk.AggregateRequest{Pipeline: json.RawMessage(`[]`)})) {
		require.NoError(t, err)
		if doc.N == 3 {
			require.Equal(t, 1, collection.Open())
			break
		}
	}
	require.Zero(t, collection.Open())
	require.Equal(t, sdk.OpCursorClose, host.Calls()[2].Op)
}

func TestErrorIsTheLastThing(t *testing.T) {
	collection := five()
	host := &sdktest.Host{Answer: func(op string, req json.RawMessage) (json.RawMessage, error) {
		if op == sdk.OpCursorNext {
			return nil, sdk.Statusf(sdk.CodeResourceExhausted, "too much")
		}
		return collection.Answer(op, req)
	}}
	var errs []error
	for _, err := range sdk.Find(t.Context(), host, sdk.FindRequest{}) {
		errs = append(errs, err)
	}
	require.Len(t, errs, 3)
	require.NoError(t, errs[1])
	require.Equal(t, sdk.CodeResourceExhausted, sdk.StatusOf(errs[2]).Code)
	for _, reply := range []string{``, `[]`, `{"documents":{}}`, `{"documents":[1,]}`, `{"cursor":"x"}`} {
		broken := &sdktest.Host{Answer: func(string, json.RawMessage) (json.RawMessage, error) { return json.RawMessage(reply), nil }}
		var last error
		for _, err := range sdk.Find(t.Context(), broken, sdk.FindRequest{}) {
			last = err
		}
		require.ErrorContains(t, last, "decode the result of find", reply)
	}
	for _, err := range sdk.As[string](sdk.Find(t.Context(), &sdktest.Host{Answer: collection.Answer}, sdk.FindRequest{})) {
		require.Error(t, err, "a document is not a string")
	}
	require.Equal(t, 1, collection.Open(), "the one that the error above left, not the one of the loop that As has ended")
}

// The helpers write what encoding/json would.
func TestRequestsOfReaders(t *testing.T) {
	find := sdk.FindRequest{Cluster: sdk.RoleAny, Database: `a"b`, Collection: "c", Filter: json.RawMessage(`{"a":1}`), Projection: json.RawMessage(`{"b":1}`),
		Sort: json.RawMessage(`{"z":1,"a":-1}`), Hint: json.RawMessage(`"x"`), Collation: json.RawMessage(`{"locale":"en"}`),
		ReadConcern: json.RawMessage(`{"level":"local"}`), Skip: 1, Limit: 2, BatchSize: 3, EJSON: "canonical"}
	pipeline := sdk.AggregateRequest{Cluster: sdk.RoleSource, Database: "a", Collection: "c", Pipeline: json.RawMessage(`[{"$limit":1}]`),
		Hint: json.RawMessage(`{"a":1}`), Collation: json.RawMessage(`{"locale":"en"}`), ReadConcern: json.RawMessage(`{"level":"local"}`), BatchSize: 3, EJSON: "relaxed"}
	for _, c := range []struct {
		request any
		docs    func(sdk.Host) sdk.Documents
	}{
		{find, func(h sdk.Host) sdk.Documents { return sdk.Find(t.Context(), h, find) }},
		{sdk.FindRequest{}, func(h sdk.Host) sdk.Documents { return sdk.Find(t.Context(), h, sdk.FindRequest{}) }},
		{pipeline, func(h sdk.Host) sdk.Documents { return sdk.Aggregate(t.Context(), h, pipeline) }},
	} {
		want, err := json.Marshal(c.request)
		require.NoError(t, err)
		host := &sdktest.Host{Answer: (&sdktest.Collection{}).Answer}
		for range c.docs(host) {
			t.Fatal("the collection is empty")
		}
		require.Equal(t, string(want), string(host.Calls()[0].Request))
	}
}
