package core

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/sdk"
)

func TestCommander(t *testing.T) {
	t.Parallel()
	a, b := mongotest.Pair(t, mongotest.Options{})
	dial := func(name string, rs *mongotest.ReplicaSet) *mdb.Cluster {
		c, err := mdb.Connect(name, rs.URI(mongotest.Sync))
		require.NoError(t, err)
		t.Cleanup(c.Close)
		return c
	}
	source := dial("cluster0", a)
	c := NewCommander(source, dial("cluster1", b))
	_, err := a.Client(t, mongotest.App).Database("app").Collection("c").InsertMany(t.Context(), []any{
		bson.D{{Key: "_id", Value: int64(1) << 40}, {Key: "v", Value: 1.0}}, bson.D{{Key: "_id", Value: 2}, {Key: "v", Value: "x"}}})
	require.NoError(t, err)
	t.Run("answers", func(t *testing.T) { commanderAnswers(t, c, a, b) })
	t.Run("refusals", func(t *testing.T) { commanderRefuses(t, c, NewCommander(source, nil)) })
	t.Run("session", func(t *testing.T) { commanderKeepsSession(t, c) })
	t.Run("no time", func(t *testing.T) { commanderTimesOut(t, c, a) })
	require.NoError(t, b.Stop())
	requireCode(t, c, sdk.CodeUnavailable, "destination", "admin", `{"ping":1}`)
	requireCode(t, c, 0, "source", "admin", `{"ping":1}`)
}

func commanderAnswers(t *testing.T, c Commander, a, b *mongotest.ReplicaSet) {
	for cluster, rs := range map[string]*mongotest.ReplicaSet{"source": a, "destination": b} {
		var hello struct{ SetName string }
		require.NoError(t, json.Unmarshal(command(t, c, cluster, "admin", `{"hello":1}`), &hello))
		require.Equal(t, rs.Name(), hello.SetName)
	}
	// The whole reply, canonical, in the server's order; the arguments keep their types and order, whichever form they are in.
	reply := command(t, c, "source", "app", `{"distinct":"c","key":"v","query":{"_id":{"$numberLong":"1099511627776"}},"maxTimeMS":20000,"comment":"x"}`)
	require.True(t, strings.HasPrefix(string(reply), `{"values":[{"$numberDouble":"1.0"}],"ok":{"$numberDouble":"1.0"},`), "%s", reply)
	require.Contains(t, string(reply), `"operationTime":{"$timestamp":`)
	require.Contains(t, string(command(t, c, "source", "app", `{"count":"c","query":{"_id":1099511627776}}`)), `"n":{"$numberInt":"1"}`)
	// A command is known by its first key, which here is not the first of the alphabet.
	require.Contains(t, string(command(t, c, "source", "app", `{"listCollections":1,"filter":{"name":"c"},"cursor":{}}`)), `"name":"c"`)
}

func commanderRefuses(t *testing.T, c, halfConnected Commander) {
	for _, cmd := range []string{``, ` `, `null`, `[]`, `[{"ping":1}]`, `{}`, `{"ping":1`, `{"ping":1} {}`, `{"ping":{"$oid":"short"}}`, `"ping"`} {
		requireCode(t, c, sdk.CodeInvalidArgument, "source", "admin", cmd)
	}
	requireCode(t, c, sdk.CodeInvalidArgument, "any", "admin", `{"ping":1}`)
	requireCode(t, c, sdk.CodeInvalidArgument, "source", "", `{"ping":1}`)
	requireCode(t, c, sdk.CodeFailedPrecondition, "source", "admin", `{"flavour":1}`)
	requireCode(t, c, sdk.CodeFailedPrecondition, "source", "admin", `{"shutdown":1}`) // not authorized
	requireCode(t, halfConnected, sdk.CodeUnavailable, "destination", "admin", `{"ping":1}`)
}

func commanderTimesOut(t *testing.T, c Commander, a *mongotest.ReplicaSet) {
	root := a.Client(t, mongotest.Root)
	fail := func(data string) {
		var how bson.D
		require.NoError(t, bson.UnmarshalExtJSON([]byte(`{"failCommands":["ping"],`+data+`}`), false, &how))
		require.NoError(t, root.Database("admin").RunCommand(t.Context(), bson.D{{Key: "configureFailPoint", Value: "failCommand"},
			{Key: "mode", Value: bson.D{{Key: "times", Value: 1}}}, {Key: "data", Value: how}}).Err())
	}
	fail(`"errorCode":50`)
	requireCode(t, c, sdk.CodeDeadlineExceeded, "source", "admin", `{"ping":1}`)
	fail(`"errorCode":10107`) // no primary any more
	requireCode(t, c, sdk.CodeUnavailable, "source", "admin", `{"ping":1}`)
	fail(`"closeConnection":true`)
	requireCode(t, c, sdk.CodeUnavailable, "source", "admin", `{"ping":1}`)

	fail(`"blockConnection":true,"blockTimeMS":60000`)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := c.RunCommand(ctx, "source", "admin", json.RawMessage(`{"ping":1}`))
	require.Equal(t, sdk.CodeDeadlineExceeded, statusCode(err), "%v", err)
	_, err = c.RunCommand(ctx, "source", "admin", json.RawMessage(`{"ping":1,"maxTimeMS":1000}`))
	require.Equal(t, sdk.CodeDeadlineExceeded, statusCode(err), "%v", err)
}

func command(t *testing.T, c Commander, cluster, db, cmd string) json.RawMessage {
	t.Helper()
	reply, err := c.RunCommand(t.Context(), cluster, db, json.RawMessage(cmd))
	require.NoError(t, err)
	return reply
}

func requireCode(t *testing.T, c Commander, code sdk.Code, cluster, db, cmd string) {
	t.Helper()
	_, err := c.RunCommand(t.Context(), cluster, db, json.RawMessage(cmd))
	require.Equal(t, code, statusCode(err), "%s on %s %s: %v", cmd, cluster, db, err)
	require.NotContains(t, fmt.Sprint(err), mongotest.Sync.Password())
}

// statusCode is 0 for nil, and -1 for an error without a code.
func statusCode(err error) sdk.Code {
	status, ok := err.(*sdk.StatusError)
	switch {
	case err == nil:
		return 0
	case !ok:
		return -1
	}
	return status.Code
}
