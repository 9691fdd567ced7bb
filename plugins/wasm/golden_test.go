package wasm

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/plugins/conformance"
	"github.com/revsync/revsync/sdk"
	"github.com/revsync/revsync/sdk/sdktest"
)

// golden are modules that were built once, from examples/ as they were then, for version 1 of the contract. They must work
// for ever: when a line of this table has to change, the contract has been broken. What ends in .gz is packed; the digest is
// that of the module.
var golden = []struct {
	file, digest, component string
	good, bad               string // requests, as far as they matter
	asks                    string // the command that it sends; "" for one that sends several
	reply                   map[string]string
	found                   string // the answer to bad
}{
	{file: "c-no-friday.wasm", component: "no-friday", digest: "59e9222a6903a78c9a77fd7c35fbea467ef427c090b3d005d79c5d36e67100fc",
		good: `{"now":"2026-01-05T00:00:00Z"}`, bad: `{"now":"2026-01-02T00:00:00Z"}`,
		found: `{"code":"FRIDAY","severity":"error","message":"no reversals on a Friday","remediation":"come back on Monday"}`},
	{file: "assemblyscript-hours.wasm", component: "hours", digest: "cf5485b948ec824729d62d170da7dc797367bfbe91ec8ac6e0040fef9637f97d",
		good: `{"now":"2026-01-02T23:59:59Z","config":{"from":22,"to":4}}`, bad: `{"now":"2026-01-02T04:00:00Z","config":{"from":22,"to":4}}`,
		found: `{"code":"OUT_OF_HOURS","severity":"error","message":"reversals happen from 22 to 4 o'clock UTC, and it is 4",
			"remediation":"wait until 22 o'clock UTC"}`},
	{file: "rust-connections.wasm", component: "connections", digest: "a4afdbb252cd5ec665eeae1ee27dbd2758b2c47810c9049d6aa682676baa1d1a",
		good: `{"sync":{"id":"enough"}}`, bad: `{"sync":{"id":"short"}}`, asks: `{"serverStatus":1}`,
		reply: map[string]string{"enough": `{"connections":{"current":3,"available":97}}`, "short": `{"connections":{"current":97,"available":3}}`},
		found: `{"code":"CONNECTIONS_SHORT","severity":"warning","message":"97 connections are in use, 3 are free",
			"remediation":"raise net.maxIncomingConnections on the members of the source, or close what is not needed"}`},
	{file: "go-room.wasm.gz", component: "room", digest: "ca2a9cf6e6b9057d4df9bb6d275633880eba0fc691be0bd0881ff66f4348e8d6",
		good: `{"sync":{"id":"empty"},"config":{"freeGiB":2}}`, bad: `{"sync":{"id":"full"},"config":{"freeGiB":2}}`, asks: `{"dbStats":1}`,
		reply: map[string]string{"empty": `{"fsTotalSize":10737418240,"fsUsedSize":1073741824}`, "full": `{"fsTotalSize":10737418240,"fsUsedSize":9663676416}`},
		found: `{"code":"DISK_NEARLY_FULL","severity":"error","message":"the disk of the source has 1.0 GiB free, less than 2.0",
			"remediation":"make room on the primary of the source, or lower freeGiB"}`},
	{file: "js-names.wasm.gz", component: "names", digest: "a3ce3680704d3f4a86524e763f6fe04410265381583eff06fc9d9758e992e95f",
		good: `{"sync":{"id":"clear"},"config":{"pattern":"^tmp_"}}`, bad: `{"sync":{"id":"in use","source":{"name":"cluster0"}},"config":{"pattern":"^tmp_"}}`,
		reply: map[string]string{ // one reply to listDatabases and to listCollections
			"clear":  `{"databases":[{"name":"app"}],"cursor":{"id":0,"firstBatch":[{"name":"orders"}]}}`,
			"in use": `{"databases":[{"name":"app"},{"name":"admin"}],"cursor":{"id":0,"firstBatch":[{"name":"tmp_orders"}]}}`},
		found: `{"code":"COLLECTION_IN_USE","severity":"error","message":"app.tmp_orders matches /^tmp_/u",
			"remediation":"wait until whoever made the collection has dropped or renamed it","resource":{"cluster":"cluster0","namespace":"app.tmp_orders"}}`},
}

func loadGolden(t testing.TB, file, digest string) *Module {
	code, err := os.ReadFile(filepath.Join("testdata", "golden", file))
	require.NoError(t, err)
	if strings.HasSuffix(file, ".gz") {
		packed, err := gzip.NewReader(bytes.NewReader(code))
		require.NoError(t, err)
		code, err = io.ReadAll(packed)
		require.NoError(t, err)
	}
	m, err := Load(t.Context(), code, Options{})
	require.NoError(t, err)
	require.Equal(t, digest, m.Digest(), "a golden file is never built anew")
	return m
}

func TestGoldenModulesWorkForEver(t *testing.T) {
	for _, g := range golden {
		t.Run(g.file, func(t *testing.T) {
			m := loadGolden(t, g.file, g.digest)
			ask := func(doc string) []sdk.Finding {
				req := sdk.Request{Component: g.component, Phase: sdk.PhasePreReverse, Trigger: sdk.TriggerReverse, Deadline: time.Now()}
				require.NoError(t, json.Unmarshal([]byte(doc), &req))
				host := &sdktest.Host{}
				if reply, ok := g.reply[req.Sync.ID]; ok {
					host.Answer = func(op string, asked json.RawMessage) (json.RawMessage, error) {
						require.Equal(t, sdk.OpRunCommand, op)
						if g.asks != "" {
							require.JSONEq(t, `{"cluster":"source","database":"admin","command":`+g.asks+`}`, string(asked))
						}
						return json.RawMessage(reply), nil
					}
				}
				resp, err := m.Evaluate(t.Context(), host, &req)
				require.NoError(t, err)
				return resp.Findings
			}
			for _, f := range ask(g.good) {
				require.Equal(t, sdk.SeverityInfo, f.Severity, "%+v", f)
			}
			bad := ask(g.bad)
			require.Len(t, bad, 1)
			found, err := json.Marshal(bad[0])
			require.NoError(t, err)
			require.JSONEq(t, g.found, string(found))
			conformance.Run(t, conformance.Subject{Breaks: func(err error) bool { return strings.Contains(err.Error(), "wasm error") },
				Open: func(t testing.TB) plugins.Module { return loadGolden(t, g.file, g.digest) }})
		})
	}
}
