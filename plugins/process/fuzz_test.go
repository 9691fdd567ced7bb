package process

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/plugins"
	pluginv1 "github.com/revsync/revsync/plugins/proto/v1"
	"github.com/revsync/revsync/sdk"
)

// replying is a module whose process has sent the given bytes.
type replying struct{ message []byte }

func (replying) Describe(context.Context) (sdk.Descriptor, error) {
	return plugins.DecodeDescriptor([]byte(rawDescription))
}

func (r replying) Evaluate(context.Context, sdk.Host, *sdk.Request) (*sdk.Response, error) {
	var in pluginv1.EvaluateResponse
	if err := proto.Unmarshal(r.message, &in); err != nil {
		return nil, err
	}
	return decodeEvaluation(&in)
}

func (replying) Close(context.Context) error { return nil }

// FuzzReply: whatever a process sends, there is a report, it can be written down, and it is in favour only if the reply
// was a valid answer without an error finding.
func FuzzReply(f *testing.F) {
	add := func(m *pluginv1.EvaluateResponse) {
		message, err := proto.Marshal(m)
		require.NoError(f, err)
		f.Add(message)
	}
	for name, doc := range rawAnswers {
		if name != "over" && name != "far over" {
			add(&pluginv1.EvaluateResponse{Response: []byte(doc)})
		}
	}
	add(&pluginv1.EvaluateResponse{Response: []byte(`{"findings":[{"code":"A","severity":"error","message":"m","evidence":{"a":[1,null]}}],"outputs":{"x":{}}}`)})
	add(&pluginv1.EvaluateResponse{Response: []byte(`{"findings":[]}`), Error: &pluginv1.Status{Code: 7, Message: "no"}})
	add(&pluginv1.EvaluateResponse{Error: &pluginv1.Status{Code: -1}})
	f.Add([]byte{0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, message []byte) {
		m := replying{message}
		report, err := plugins.NewRunner(m).Review(t.Context(), sdk.Request{Trigger: sdk.TriggerReverse}, nil)
		require.NoError(t, err)
		_, err = json.Marshal(report)
		require.NoError(t, err)
		resp, err := m.Evaluate(t.Context(), nil, nil)
		if err == nil {
			err = resp.Validate()
		}
		if err != nil {
			require.False(t, report.Eligible, "%v", err)
			return
		}
		for _, finding := range resp.Findings {
			require.False(t, report.Eligible && finding.Severity == sdk.SeverityError)
		}
	})
}

// FuzzDescription: whatever a process says of itself, it is a valid description or an error.
func FuzzDescription(f *testing.F) {
	f.Add([]byte(rawDescription))
	f.Add([]byte(`{"apiVersion":"revsync.plugin/v1","name":"a","components":[{"name":"c","kind":"hook","phases":["x"],"timeout":"-1s"}]}`))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, doc []byte) {
		d, err := decodeDescription(&pluginv1.DescribeResponse{Metadata: doc})
		if err == nil {
			require.NoError(t, d.Validate())
		}
	})
}

// FuzzHostCall: whatever a process asks, nothing is sent to a cluster that the component has not been granted.
func FuzzHostCall(f *testing.F) {
	for _, request := range []string{`{"cluster":"source","database":"admin","command":{"buildInfo":1}}`, `{"cluster":"source","database":"a","command":{"drop":"c"}}`,
		`{"cluster":"source","database":"a","command":{"buildInfo":1,"buildInfo":2}}`, `{"cluster":"any"}`, ``, `[]`} {
		f.Add("e", sdk.OpRunCommand, []byte(request))
	}
	f.Add("other", sdk.OpTimeNow, []byte(nil))
	f.Add("", "time.now\x00", []byte{0xff})
	f.Fuzz(func(t *testing.T, evaluation, op string, request []byte) {
		granted := []sdk.Capability{{Cluster: sdk.RoleSource, Op: sdk.OpRunCommand, Commands: []string{"buildInfo"}}}
		hosts := guest.Hosts{Now: func() time.Time { return time.Unix(0, 0) }, Commander: guest.CommanderFunc(
			func(_ context.Context, cluster, _ string, cmd json.RawMessage) (json.RawMessage, error) {
				require.Equal(t, "source", cluster)
				require.Contains(t, string(cmd), "buildInfo")
				return json.RawMessage(`{"ok":1}`), nil
			})}
		session := hosts.Open(guest.Scope{Asked: granted, Granted: granted})
		defer session.Close()
		h := newHostServer(nil)
		h.visits["e"] = visit{ctx: t.Context(), host: session}
		out, err := h.Call(t.Context(), &pluginv1.CallRequest{Evaluation: evaluation, Op: op, Request: request})
		require.NoError(t, err, "a refusal is an answer")
		if evaluation != "e" {
			require.NotNil(t, out.GetError())
			require.Zero(t, session.Calls())
		}
	})
}
