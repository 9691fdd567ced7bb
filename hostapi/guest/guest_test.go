package guest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/sdk"
)

// sent is what arrived at the commander.
type sent struct {
	cluster, db string
	cmd         json.RawMessage
}

// recorder answers every command with reply and keeps what it was sent.
func recorder(reply string, got *[]sent) Commander {
	return CommanderFunc(func(_ context.Context, cluster, db string, cmd json.RawMessage) (json.RawMessage, error) {
		*got = append(*got, sent{cluster, db, append(json.RawMessage(nil), cmd...)})
		return json.RawMessage(reply), nil
	})
}

// everything is a right to every command on both sides.
func everything() []sdk.Capability {
	return []sdk.Capability{{Cluster: sdk.RoleAny, Op: sdk.OpRunCommand, Commands: append(Commands(), "insert", "find")}}
}

func open(h *Hosts) *Session {
	return h.Open(Scope{Module: "acme.m", Component: "c", Asked: everything(), Granted: everything()})
}

func run(s *Session, cluster, db, cmd string) (json.RawMessage, error) {
	req, err := json.Marshal(sdk.CommandRequest{Cluster: sdk.Role(cluster), Database: db, Command: json.RawMessage(cmd)})
	if err != nil {
		return nil, err
	}
	return s.Call(context.Background(), sdk.OpRunCommand, req)
}

func code(err error) sdk.Code {
	var s *sdk.StatusError
	if errors.As(err, &s) {
		return s.Code
	}
	return 0
}

func TestCommandReachesTheClusterAsTheEngineWantsIt(t *testing.T) {
	var got []sent
	s := open(&Hosts{Commander: recorder(`{"ok":{"$numberDouble":"1.0"}}`, &got)})
	out, err := run(s, "source", "app", `{"listIndexes":"c","$db":"evil","lsid":{"id":1},"writeConcern":{"w":0},"maxTimeMS":999999999,"cursor":{"batchSize":5},"comment":"x"}`)
	require.NoError(t, err)
	require.JSONEq(t, `{"ok":1.0}`, string(out))
	require.Len(t, got, 1)
	require.Equal(t, "source", got[0].cluster)
	require.Equal(t, "app", got[0].db)
	var maxTime int
	_, err = fmt.Sscanf(string(got[0].cmd), `{"listIndexes":"c","cursor":{"batchSize":5},"maxTimeMS":%d,`, &maxTime)
	require.NoError(t, err, "%s", got[0].cmd)
	require.Equal(t, 5000, maxTime)
	require.True(t, strings.HasSuffix(string(got[0].cmd), `,"comment":"revsync plugin acme.m"}`), "%s", got[0].cmd)
	require.Equal(t, 1, s.Calls())
	require.Empty(t, s.Denied())
}

func TestWhatWritesOrRunsCodeOrShowsSecretsIsDenied(t *testing.T) {
	cases := map[string]string{
		"a write":                     `{"insert":"c","documents":[]}`,
		"a cursor read":               `{"find":"c"}`,
		"find, first key counts":      `{"find":"c","buildInfo":1}`,
		"unknown argument":            `{"collStats":"c","$queryOptions":1}`,
		"password hashes":             `{"usersInfo":1,"showCredentials":true}`,
		"speculative login":           `{"hello":1,"speculativeAuthenticate":{}}`,
		"where":                       `{"count":"c","query":{"$where":"sleep(1)"}}`,
		"where in an escape":          `{"count":"c","query":{"\u0024where":"sleep(1)"}}`,
		"where deep down":             `{"count":"c","query":{"$or":[{"a":1},{"$and":[{"$where":"1"}]}]}}`,
		"function in an expression":   `{"distinct":"c","key":"a","query":{"$expr":{"$function":{"body":"x"}}}}`,
		"code value":                  `{"distinct":"c","key":"a","query":{"a":{"$code":"x"}}}`,
		"explain that writes":         `{"explain":{"delete":"c","deletes":[]},"verbosity":"executionStats"}`,
		"explain of explain":          `{"explain":{"explain":{"find":"c"}}}`,
		"out in explain":              `{"explain":{"aggregate":"c","pipeline":[{"$match":{}},{"$out":"d"}],"cursor":{}}}`,
		"merge in a sub-pipeline":     `{"explain":{"aggregate":"c","pipeline":[{"$facet":{"x":[{"$merge":"d"}]}}],"cursor":{}}}`,
		"accumulator":                 `{"explain":{"aggregate":"c","pipeline":[{"$group":{"_id":1,"x":{"$accumulator":{}}}}],"cursor":{}}}`,
		"a key twice":                 `{"count":"c","query":{"a":1},"query":{"a":2}}`,
		"nested deeper than a server": `{"count":"c","query":` + strings.Repeat(`{"a":`, 200) + `1` + strings.Repeat(`}`, 200) + `}`,
	}
	for name, cmd := range cases {
		t.Run(name, func(t *testing.T) {
			var got []sent
			s := open(&Hosts{Commander: recorder(`{}`, &got)})
			_, err := run(s, "destination", "app", cmd)
			require.Equal(t, sdk.CodePermissionDenied, code(err), "%v", err)
			require.Empty(t, got, "nothing may reach the cluster")
			require.Len(t, s.Denied(), 1)
			require.Equal(t, sdk.RoleDestination, s.Denied()[0].Cluster)
		})
	}
	for _, db := range []string{"admin", "local"} {
		var got []sent
		_, err := run(open(&Hosts{Commander: recorder(`{}`, &got)}), "source", db, `{"distinct":"system.users","key":"credentials"}`)
		require.Equal(t, sdk.CodePermissionDenied, code(err))
		require.Empty(t, got)
	}
}

func TestRightsAreWhatIsAskedAndGranted(t *testing.T) {
	build := []sdk.Capability{{Cluster: sdk.RoleSource, Op: sdk.OpRunCommand, Commands: []string{"buildInfo"}}}
	cases := map[string]struct {
		scope   Scope
		cluster string
		allowed bool
	}{
		"both":                {Scope{Asked: build, Granted: build}, "source", true},
		"the other cluster":   {Scope{Asked: build, Granted: build}, "destination", false},
		"asked only":          {Scope{Asked: build}, "source", false},
		"granted only":        {Scope{Granted: build}, "source", false},
		"any covers a side":   {Scope{Asked: everything(), Granted: build}, "source", true},
		"any is cut by grant": {Scope{Asked: everything(), Granted: build}, "destination", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var got []sent
			h := &Hosts{Commander: recorder(`{}`, &got)}
			s := h.Open(c.scope)
			_, err := run(s, c.cluster, "admin", `{"buildInfo":1}`)
			if c.allowed {
				require.NoError(t, err)
				require.Len(t, got, 1)
				return
			}
			require.Equal(t, sdk.CodePermissionDenied, code(err))
			require.Empty(t, got)
			require.Equal(t, "buildInfo", s.Denied()[0].Command)
		})
	}
}

func TestBadRequests(t *testing.T) {
	s := open(&Hosts{})
	for _, req := range []string{``, `null`, `[]`, `{"cluster":"any","database":"a","command":{"buildInfo":1}}`,
		`{"cluster":"source","database":"a.b","command":{"buildInfo":1}}`, `{"cluster":"source","database":"a","command":{}}`,
		`{"cluster":"source","database":"a","command":[1]}`, `{"cluster":"source","database":"a"}`,
		`{"cluster":"source","database":"a","command":{"buildInfo":1},"more":1}`,
		`{"cluster":"source","database":"a","command":{"buildInfo":1},"ejson":"bson"}`,
		`{"cluster":"source","database":"a","command":{"buildInfo":1}}{}`} {
		_, err := s.Call(context.Background(), sdk.OpRunCommand, json.RawMessage(req))
		require.Equal(t, sdk.CodeInvalidArgument, code(err), "%s: %v", req, err)
	}
	_, err := s.Call(context.Background(), "http.request", nil)
	require.Equal(t, sdk.CodeUnimplemented, code(err))
	_, err = run(s, "source", "admin", `{"buildInfo":1}`)
	require.Equal(t, sdk.CodeUnavailable, code(err), "no commander")
	_, err = run((*Hosts)(nil).Open(Scope{Asked: everything(), Granted: everything()}), "source", "admin", `{"buildInfo":1}`)
	require.Equal(t, sdk.CodeUnavailable, code(err), "no hosts at all")
}

func TestErrorsOfTheCluster(t *testing.T) {
	cases := map[string]struct {
		err  error
		code sdk.Code
	}{
		"server says no": {sdk.Statusf(sdk.CodeFailedPrecondition, "ns not found"), sdk.CodeFailedPrecondition},
		"out of time":    {fmt.Errorf("read: %w", context.DeadlineExceeded), sdk.CodeDeadlineExceeded},
		"not reachable":  {errors.New("dial mongodb://u:secret@h:1/?x=1 failed"), sdk.CodeUnavailable},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := open(&Hosts{Commander: CommanderFunc(func(context.Context, string, string, json.RawMessage) (json.RawMessage, error) {
				return nil, c.err
			})})
			_, err := run(s, "source", "admin", `{"buildInfo":1}`)
			require.Equal(t, c.code, code(err))
			require.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestDeadlineReachesTheServer(t *testing.T) {
	var got []sent
	s := open(&Hosts{Commander: recorder(`{}`, &got)})
	ctx, cancel := context.WithTimeout(context.Background(), 900*time.Millisecond)
	defer cancel()
	_, err := s.Call(ctx, sdk.OpRunCommand, json.RawMessage(`{"cluster":"source","database":"admin","command":{"buildInfo":1}}`))
	require.NoError(t, err)
	var cmd struct {
		MaxTimeMS int `json:"maxTimeMS"`
	}
	require.NoError(t, json.Unmarshal(got[0].cmd, &cmd))
	require.Greater(t, cmd.MaxTimeMS, 0)
	require.LessOrEqual(t, cmd.MaxTimeMS, 900)
	cancelled, stop := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer stop()
	_, err = s.Call(cancelled, sdk.OpRunCommand, json.RawMessage(`{"cluster":"source","database":"admin","command":{"buildInfo":1}}`))
	require.Equal(t, sdk.CodeDeadlineExceeded, code(err))
}

func TestLimits(t *testing.T) {
	var got []sent
	big := `{"a":"` + strings.Repeat("x", 1000) + `"}`
	t.Run("calls", func(t *testing.T) {
		s := open(&Hosts{Limits: Limits{Calls: 2}})
		for range 2 {
			_, err := s.Call(context.Background(), sdk.OpTimeNow, nil)
			require.NoError(t, err)
		}
		_, err := s.Call(context.Background(), sdk.OpTimeNow, nil)
		require.Equal(t, sdk.CodeResourceExhausted, code(err))
	})
	t.Run("one result", func(t *testing.T) {
		_, err := run(open(&Hosts{Commander: recorder(big, &got), Limits: Limits{ResultBytes: 999}}), "source", "a", `{"dbStats":1}`)
		require.Equal(t, sdk.CodeResourceExhausted, code(err))
	})
	t.Run("all results", func(t *testing.T) {
		s := open(&Hosts{Commander: recorder(big, &got), Limits: Limits{ResultsBytes: 1500}})
		_, err := run(s, "source", "a", `{"dbStats":1}`)
		require.NoError(t, err)
		_, err = run(s, "source", "a", `{"dbStats":1}`)
		require.Equal(t, sdk.CodeResourceExhausted, code(err))
	})
	t.Run("request", func(t *testing.T) {
		s := open(&Hosts{Limits: Limits{RequestBytes: 10}})
		_, err := s.Call(context.Background(), sdk.OpRunCommand, json.RawMessage(big))
		require.Equal(t, sdk.CodeInvalidArgument, code(err))
	})
	t.Run("closed", func(t *testing.T) {
		s := open(&Hosts{})
		s.Close()
		_, err := s.Call(context.Background(), sdk.OpTimeNow, nil)
		require.Equal(t, sdk.CodeFailedPrecondition, code(err))
	})
	t.Run("log", func(t *testing.T) {
		var text strings.Builder
		s := open(&Hosts{Log: slog.New(slog.NewTextHandler(&text, nil)), Limits: Limits{LogLines: 2, LogLineBytes: 4}})
		for range 5 {
			s.Log(context.Background(), sdk.LevelWarn, "abc€efg")
		}
		require.Equal(t, 3, strings.Count(text.String(), "\n"))
		require.Equal(t, 2, strings.Count(text.String(), "msg=abc "))
		require.Equal(t, 1, strings.Count(text.String(), "dropped"))
		require.Contains(t, text.String(), "level=WARN")
		require.Contains(t, text.String(), "module=acme.m")
	})
}

func TestCursorThatDoesNotFitIsClosed(t *testing.T) {
	var got []sent
	s := open(&Hosts{Commander: recorder(`{"cursor":{"id":{"$numberLong":"77"},"ns":"app.$cmd.listCollections","firstBatch":[]},"ok":1}`, &got)})
	_, err := run(s, "source", "app", `{"listCollections":1}`)
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.JSONEq(t, `{"killCursors":"$cmd.listCollections","cursors":[{"$numberLong":"77"}]}`, string(got[1].cmd))
}

func TestRelaxedForm(t *testing.T) {
	canonical := `{"b":{"$numberInt":"1"},"a":{"$numberLong":"9007199254740993"},"d":{"$numberDouble":"1.5"},
		"n":{"$numberDouble":"NaN"},"t":{"$date":{"$numberLong":"1700000000123"}},"o":{"$date":{"$numberLong":"-1"}},
		"dec":{"$numberDecimal":"1.1"},"l":[{"$numberInt":"2"},{"x":{"$numberInt":"3"}},null,"s"],"e":{},
		"bad":{"$numberInt":"01"},"twice":1,"twice":2}`
	want := `{"b":1,"a":9007199254740993,"d":1.5,"n":{"$numberDouble":"NaN"},"t":{"$date":"2023-11-14T22:13:20.123Z"},` +
		`"o":{"$date":{"$numberLong":"-1"}},"dec":{"$numberDecimal":"1.1"},"l":[2,{"x":3},null,"s"],"e":{},` +
		`"bad":{"$numberInt":"01"},"twice":1,"twice":2}`
	got, err := relax(t.Context(), json.RawMessage(canonical), len(want))
	require.NoError(t, err)
	require.Equal(t, want, string(got))
	_, err = relax(t.Context(), json.RawMessage(canonical), len(want)-1)
	require.ErrorIs(t, err, errTooLong)
	_, err = relax(t.Context(), json.RawMessage(`{"a":`), 100)
	require.Equal(t, sdk.CodeInternal, code(err))
}

func TestCanonicalOnRequest(t *testing.T) {
	var got []sent
	s := open(&Hosts{Commander: recorder(`{"ok":{"$numberDouble":"1.0"}}`, &got)})
	out, err := s.Call(context.Background(), sdk.OpRunCommand,
		json.RawMessage(`{"cluster":"source","database":"admin","command":{"buildInfo":1},"ejson":"canonical"}`))
	require.NoError(t, err)
	require.Equal(t, `{"ok":{"$numberDouble":"1.0"}}`, string(out))
}

// FuzzCommand: whatever a module sends, a command that passes has a listed name first and no forbidden key as a
// plain JSON reader sees it.
func FuzzCommand(f *testing.F) {
	f.Add(`{"count":"c","query":{"a":1}}`)
	f.Add(`{"count":"c","query":{"\u0024where":1}}`)
	f.Add(`{"explain":{"aggregate":"c","pipeline":[{"$out":"x"}]}}`)
	f.Fuzz(func(t *testing.T, doc string) {
		cmd, err := parseCommand(json.RawMessage(doc))
		if err != nil || cmd.check() != nil {
			return
		}
		out, err := cmd.finish(1, "c")
		require.NoError(t, err)
		var v map[string]any
		require.NoError(t, json.Unmarshal(out, &v))
		require.Contains(t, readOnly, cmd.name())
		require.Empty(t, forbidden(v), "%s", out)
	})
}

func forbidden(v any) (found []string) {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			if forbiddenKeys[k] {
				found = append(found, k)
			}
			found = append(found, forbidden(inner)...)
		}
	case []any:
		for _, inner := range v {
			found = append(found, forbidden(inner)...)
		}
	}
	return found
}
