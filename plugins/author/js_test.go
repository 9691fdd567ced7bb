package author

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/plugins/author/authortest"
	"github.com/revsync/revsync/plugins/conformance"
	"github.com/revsync/revsync/plugins/wasm"
	"github.com/revsync/revsync/sdk"
	"github.com/revsync/revsync/sdk/sdktest"
)

// inRuntime does what build.mjs does, so that most of these tests need no node.
func inRuntime(t testing.TB, source string) []byte {
	t.Helper()
	code, err := templates.ReadFile("templates/js/runtime.wasm")
	require.NoError(t, err)
	_, after, found := bytes.Cut(code, []byte("<revsync check.js slot1>"))
	require.True(t, found)
	slot := code[len(code)-len(after):]
	binary.LittleEndian.PutUint32(slot, uint32(len(source)))
	require.Equal(t, len(source), copy(slot[4:], source))
	return code
}

func loadScript(t testing.TB, code []byte) *wasm.Module {
	t.Helper()
	// Little memory, so that filling it does not take long in the interpreter.
	m, err := wasm.Load(t.Context(), code, wasm.Options{MemoryMiB: 4})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Close(context.WithoutCancel(t.Context()))) })
	return m
}

func TestScriptConforms(t *testing.T) {
	t.Parallel()
	code := inRuntime(t, `import { check, info, serve } from "./revsync.js";
const capabilities = [{ cluster: "source", op: "runCommand", commands: ["buildInfo"] }];
serve("acme.asks", "1", check("asks", (request, host) => {
  const { version } = host.runCommand("source", "admin", { buildInfo: 1 });
  return [info("VERSION", version)];
}, { capabilities }));`)
	conformance.Run(t, conformance.Subject{
		Open:   func(t testing.TB) plugins.Module { return loadScript(t, code) },
		Breaks: func(err error) bool { return strings.Contains(err.Error(), "wasm error") },
	})
	_, err := loadScript(t, code).Evaluate(t.Context(), conformance.Host{Status: sdk.CodeUnavailable}, &sdk.Request{Component: "asks"})
	require.Equal(t, sdk.CodeUnavailable, sdk.StatusOf(err).Code, "what the host says is the check's status, unless it is caught")
	require.ErrorContains(t, err, "an answer of the conformance suite (check.js:4:")
}

// TestScriptSeesAndSays: requests, replies, findings and log lines go through with all that is in them.
func TestScriptSeesAndSays(t *testing.T) {
	t.Parallel()
	m := loadScript(t, inRuntime(t, `import { check, hook, warning, serve } from "./revsync.js";
const more = { remediation: "go", resource: { cluster: "cluster0", namespace: "a.b" }, evidence: { n: [1, "ü\u{1F600}"] }, docs: "d" };
serve("a.b", "2", check("one", async (request, host) => {
  host.log("líne", "warning");
  console.debug("a", { b: 1 }, 2);
  const { max } = await host.call("runCommand", { cluster: "source", database: "d", command: { count: "c", query: {} }, ejson: "canonical" });
  return [warning("W", [new Date(request.now).toISOString(), request.sync.id, request.config.list[1], max.$numberLong].join(), more)];
}, { phases: ["preStart"], facts: ["versions"], timeout: "3s", configSchema: { type: "object" } }), hook("two", () => [], { phases: ["postCommit"] }));`))
	d, err := m.Describe(t.Context())
	require.NoError(t, err)
	require.Equal(t, sdk.Descriptor{APIVersion: sdk.APIVersion, Name: "a.b", Version: "2", Components: []sdk.Component{
		{Name: "one", Kind: sdk.KindCheck, Phases: []sdk.Phase{sdk.PhasePreStart}, Facts: []string{"versions"}, Timeout: sdk.Duration(3 * time.Second),
			ConfigSchema: json.RawMessage(`{"type":"object"}`)},
		{Name: "two", Kind: sdk.KindHook, Phases: []sdk.Phase{sdk.PhasePostCommit}}}}, d)
	host := &sdktest.Host{Answer: func(op string, asked json.RawMessage) (json.RawMessage, error) {
		require.Equal(t, sdk.OpRunCommand, op)
		require.Equal(t, `{"cluster":"source","database":"d","command":{"count":"c","query":{}},"ejson":"canonical"}`, string(asked))
		return json.RawMessage(`{"max":{"$numberLong":"9007199254740993"}}`), nil
	}}
	resp, err := m.Evaluate(t.Context(), host, &sdk.Request{Component: "one", Now: time.Unix(0, 0).UTC(),
		Sync: sdk.Sync{ID: "é\"\\"}, Config: json.RawMessage(`{"list":[0,"z"]}`)})
	require.NoError(t, err)
	found, err := json.Marshal(resp)
	require.NoError(t, err)
	require.JSONEq(t, `{"findings":[{"code":"W","severity":"warning","message":"1970-01-01T00:00:00.000Z,é\"\\,z,9007199254740993","remediation":"go",
		"resource":{"cluster":"cluster0","namespace":"a.b"},"evidence":{"n":[1,"ü😀"]},"docs":"d"}]}`, string(found))
	require.Equal(t, []string{"líne", `a {"b":1} 2`}, host.Lines())
}

// scriptFailures are checks that give no answer, and what the error says.
var scriptFailures = []struct{ name, body, says string }{
	{"error", `throw new Error('out of "luck"\n')`, "Error: out of \"luck\"\n (check.js:"},
	{"mistake", `return [request.facts.versions.source.version]`, "TypeError: "},
	{"string", `throw 'text'`, "INTERNAL: text"},
	{"nothing-thrown", `throw undefined`, "INTERNAL: undefined"},
	{"cannot-be-told", `throw { toString() { throw new Error('again') } }`, "again"},
	{"no-list", `[revsync.error('E', 'lost')]`, "no-list did not return a list of findings"},
	{"rejection", `return Promise.reject(new RangeError('far'))`, "RangeError: far (check.js:"},
	{"floating", `Promise.reject(new Error('lost')); return []`, "nothing awaited it: lost"},
	{"floating-later", `(async () => { await 1; await 2; null.x })(); return []`, "nothing awaited it: "},
	{"pending", `return new Promise(() => {})`, "a promise is never settled"},
	{"recursion", `const f = (x) => f(x) + 1; return f(1)`, "stack"},
	{"memory", `const a = []; for (;;) a.push(new Uint8Array(1 << 20))`, "out of memory"},
	{"small-pieces", `const a = []; for (;;) a.push({})`, "memory"},
	{"clock", `return [revsync.info('T', String(Date.now()))]`, "request.now"},
	{"date", `return [revsync.info('T', String(new Date()))]`, "request.now"},
	{"date-in-disguise", `return [revsync.info('T', String(new (new Date(0).constructor)()))]`, "request.now"},
	{"chance", `return [revsync.info('R', String(Math.random()))]`, "no random numbers"},
	{"import", `return import('fs').then(() => [])`, "could not load module"},
	{"circle", `const e = {}; e.e = e; return [revsync.info('E', 'm', {evidence: e})]`, "circular"},
	{"foreign-code", `throw Object.assign(new Error('m'), {code: 5})`, "Error: m"},
	{"hangs-up", `return { then() { throw new Error('no') } }`, "Error: no"},
}

// TestScriptTellsWhatIsWrong: whatever a script does instead of answering is a failure that says what and where.
func TestScriptTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	source := "import * as revsync from './revsync.js'; const parts = [];\n"
	for _, c := range scriptFailures {
		source += fmt.Sprintf("parts.push(revsync.check(%q, (request, host) => { %s }));\n", c.name, c.body)
	}
	m := loadScript(t, inRuntime(t, source+"revsync.serve('a.b', '1', ...parts);\n"))
	for i, c := range scriptFailures {
		t.Run(c.name, func(t *testing.T) {
			_, err := m.Evaluate(t.Context(), &sdktest.Host{}, &sdk.Request{Component: c.name})
			require.ErrorContains(t, err, c.says)
			require.Equal(t, sdk.CodeInternal, sdk.StatusOf(err).Code)
			if strings.HasSuffix(c.says, "(check.js:") {
				require.ErrorContains(t, err, fmt.Sprintf("(check.js:%d:", i+2))
			}
		})
	}
}

func TestScriptThatDoesNotLoad(t *testing.T) {
	t.Parallel()
	for source, says := range map[string]string{
		"\nthrow new Error('early')":           "Error: early (check.js:2:",
		"1":                                    "check.js does not call serve",
		"import './other.js'":                  "could not load module",
		"await new Promise(() => {})":          "never settled",
		"import { chek } from './revsync.js';": "chek",
		"import { check } from './revsync.js'; check('c', () => [], { fact: [] })": "there is no option fact",
		"import { serve } from './revsync.js'; serve('a.b', '1'); serve('a', '1')": "serve is called twice",
	} {
		_, err := wasm.Load(t.Context(), inRuntime(t, source), wasm.Options{})
		require.ErrorContains(t, err, says, source)
	}
}

// TestScriptWithoutEnd: a loop ends at the deadline, from within.
func TestScriptWithoutEnd(t *testing.T) {
	t.Parallel()
	m := loadScript(t, inRuntime(t, "import { check, serve } from './revsync.js';\nserve('a.b', '1', check('c', () => { for (;;); }))"))
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := m.Evaluate(ctx, &sdktest.Host{}, &sdk.Request{Component: "c"})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Less(t, time.Since(start), 10*time.Second)
}

// TestScriptBuilds: init writes a module that builds and passes its unit test, and what the runtime could not take is
// said at once and leaves no module behind.
func TestScriptBuilds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, Scaffold{Language: "js", Name: "acme.hello"}.Write(dir))
	largest := "//" + strings.Repeat("x", 128<<10-2)
	putScript(t, dir, "check.js", largest)
	authortest.Build(t, "js", dir)
	code, err := os.ReadFile(filepath.Join(dir, "check.wasm"))
	require.NoError(t, err)
	require.True(t, bytes.Equal(inRuntime(t, largest), code))
	helpers, err := os.ReadFile(filepath.Join(dir, "revsync.js"))
	require.NoError(t, err)
	for _, c := range []struct{ file, content, says string }{
		{"check.js", largest + "x", "131073 bytes, more than the 131072"},
		{"check.js", "const a = 1;\nconst b = ;", "check.js:2"},
		{"check.js", "1", ""},
		{"revsync.js", "export const check = 1;", "revsync.js is not the one in runtime.wasm"},
		{"revsync.js", string(helpers), ""},
		{"runtime.wasm", "\x00asm", "not the runtime"},
	} {
		putScript(t, dir, c.file, c.content)
		out, err := exec.CommandContext(t.Context(), filepath.Join(dir, "build.sh")).CombinedOutput()
		if c.says == "" {
			require.NoError(t, err, "%s", out)
			continue
		}
		require.Error(t, err)
		require.Contains(t, string(out), c.says)
		require.NoFileExists(t, filepath.Join(dir, "check.wasm"))
	}
}

func putScript(t *testing.T, dir, file, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(content), 0o644))
}

// TestScriptPassesItsOwnTest: what init writes comes with a unit test, which runs without the runtime.
func TestScriptPassesItsOwnTest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, Scaffold{Language: "js", Name: "acme.hello"}.Write(dir))
	authortest.Build(t, "js", dir)
	cmd := exec.CommandContext(t.Context(), "node", "--test")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "# pass 1")
}

// TestRuntimeIsOfThisSDK: after a change of revsync.js or of sdk/js/src the runtime has to be built anew (sdk/js/build.sh).
func TestRuntimeIsOfThisSDK(t *testing.T) {
	runtime, err := templates.ReadFile("templates/js/runtime.wasm")
	require.NoError(t, err)
	for _, file := range []string{"templates/js/revsync.js", "../../sdk/js/src/sandbox.js"} {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		require.True(t, bytes.Contains(runtime, source), "%s has changed since runtime.wasm was built", file)
	}
}
