package wasm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/plugins/conformance"
	"github.com/revsync/revsync/sdk"
)

// engines are the two ways to run a module; what is true for one must be true for the other.
var engines = map[string]Options{"interpreter": {}, "compiler": {Compile: true}}

const fine = `{"findings":[{"code":"FINE","severity":"info","message":"m"}]}`

// evaluate loads the module and evaluates it once, with a time-out that no test reaches unless something hangs.
func evaluate(t *testing.T, m guestModule, opts Options, host sdk.Host, timeout time.Duration) (*sdk.Response, error) {
	t.Helper()
	module, err := Load(t.Context(), m.bytes(), opts)
	require.NoError(t, err)
	defer func() { require.NoError(t, module.Close(t.Context())) }()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	return module.Evaluate(ctx, host, &sdk.Request{Component: "c"})
}

func everywhere(t *testing.T, f func(t *testing.T, opts Options)) {
	for name, opts := range engines {
		t.Run(name, func(t *testing.T) { f(t, opts) })
	}
}

func TestTheAssemblerMakesAWorkingModule(t *testing.T) {
	everywhere(t, func(t *testing.T, opts Options) {
		resp, err := evaluate(t, hostile(fine, say(textAt, len(fine)), i(0)), opts, conformance.Host{}, time.Minute)
		require.NoError(t, err)
		require.Equal(t, "FINE", resp.Findings[0].Code)
	})
}

// What never ends is stopped by the deadline, by the name of the deadline and not of the trap that it became.
func TestEndlessModulesAreStopped(t *testing.T) {
	fib := hostile("", do(fnFirst+2, 45), op(opDrop), i(0))
	fib.funcs = append(fib.funcs, guestFunc{params: 1, results: 1, body: cat(
		op(opLocalGet, 0), i(2), op(opLtS, opIf, typeEmpty, opLocalGet, 0, opReturn, opEnd),
		op(opLocalGet, 0), i(1), op(opSub, opCall, fnFirst+2),
		op(opLocalGet, 0), i(2), op(opSub, opCall, fnFirst+2), op(opAdd))})
	cases := map[string]guestModule{
		"a loop":                        hostile("", op(opLoop, typeEmpty, opBr, 0, opEnd), i(0)),
		"a tree of calls without loops": fib,
		"a loop of log lines":           hostile("", op(opLoop, typeEmpty), do(fnLog, 0, dataAt, 20), op(opBr, 0, opEnd), i(0)),
		"a loop of host calls":          hostile("time.now", op(opLoop, typeEmpty), do(fnCall, textAt, 8, 0, 0), op(opDrop, opBr, 0, opEnd), i(0)),
	}
	for name, m := range cases {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, opts Options) {
				start := time.Now()
				_, err := evaluate(t, m, opts, conformance.Host{}, 200*time.Millisecond)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.Less(t, time.Since(start), 20*time.Second)
			})
		})
	}
}

func TestHostThatHangsEndsWithTheDeadline(t *testing.T) {
	everywhere(t, func(t *testing.T, opts Options) {
		m := hostile("time.now", do(fnCall, textAt, 8, 0, 0), op(opDrop), i(0))
		_, err := evaluate(t, m, opts, conformance.Host{Hang: true}, 200*time.Millisecond)
		require.Error(t, err)
	})
}

func TestBrokenModules(t *testing.T) {
	deep := hostile("", do(fnFirst+2), i(0))
	deep.funcs = append(deep.funcs, guestFunc{body: op(opCall, fnFirst+2)})
	said := `{"code":9,"message":"I cannot tell"}`
	large := hostile("", do(fnOutput, 0, sdk.MaxResponseBytes+1), i(0))
	large.pages = 32
	cases := map[string]struct {
		module guestModule
		says   string
		trap   bool
	}{
		"trap":                       {hostile("", op(opUnreachable)), "unreachable", true},
		"endless recursion":          {deep, "stack overflow", true},
		"pointer outside its memory": {hostile("", do(fnOutput, 1<<30, 100), i(0)), "outside its memory", true},
		"end outside its memory":     {hostile("", do(fnOutput, 65536-10, 100), i(0)), "outside its memory", true},
		"negative length":            {hostile("", do(fnOutput, 0, -1), i(0)), "response of 4294967295 bytes", true},
		"input to nowhere":           {hostile("", do(fnInput, 1<<30, 1<<30), op(opDrop), i(0)), "outside its memory", true},
		"log from nowhere":           {hostile("", do(fnLog, 0, 1<<30, 10), i(0)), "outside its memory", true},
		"call from nowhere":          {hostile("", do(fnCall, 1<<30, 10, 0, 0), op(opDrop), i(0)), "outside its memory", true},
		"answer over the limit":      {large, "response of 1048577 bytes", true},
		"no answer":                  {hostile("", i(0)), "gave no answer", false},
		"a number and no word":       {hostile("", i(77)), "returned 77 and no message", false},
		"a reason":                   {hostile(said, say(textAt, len(said)), i(9)), "FAILED_PRECONDITION: I cannot tell", false},
		"rubbish":                    {answering("rubbish"), "not valid JSON", false},
		"half an answer":             {answering(`{"findings":[`), "not valid JSON", false},
		"another document":           {answering(`{}`), "no list of findings", false},
		"null":                       {answering(`null`), "no list of findings", false},
		"null findings":              {answering(`{"findings":null}`), "no list of findings", false},
		"findings of another type":   {answering(`{"findings":[1]}`), "not valid JSON", false},
		"a verdict instead":          {answering(`{"eligible":true}`), "no list of findings", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, opts Options) {
				_, err := evaluate(t, c.module, opts, conformance.Host{}, time.Minute)
				require.ErrorContains(t, err, c.says)
				require.NotContains(t, err.Error(), "wasm stack trace")
				var trap *TrapError
				require.Equal(t, c.trap, errors.As(err, &trap))
			})
		})
	}
}

func answering(text string) guestModule { return hostile(text, say(textAt, len(text)), i(0)) }

func TestAnswerWithFieldsFromTheFuture(t *testing.T) {
	resp, err := evaluate(t, answering(`{"findings":[{"code":"A","severity":"info","message":"m","new":1}],"more":[]}`), Options{}, conformance.Host{}, time.Minute)
	require.NoError(t, err)
	require.Len(t, resp.Findings, 1)
}

// Memory grows up to the cap and not beyond; the module is told so and goes on.
func TestMemoryIsCapped(t *testing.T) {
	everywhere(t, func(t *testing.T, opts Options) {
		opts.MemoryMiB = 2
		m := hostile(fine,
			i(31), op(opMemoryGrow, 0), unless(1), // to 32 pages, which is the cap
			i(1), op(opMemoryGrow, 0), unless(-1),
			say(textAt, len(fine)), i(0))
		_, err := evaluate(t, m, opts, conformance.Host{}, time.Minute)
		require.NoError(t, err)
		hog := hostile("", op(opLoop, typeEmpty), i(1), op(opMemoryGrow, 0), i(-1), op(opNe, opBrIf, 0, opEnd), op(opUnreachable))
		_, err = evaluate(t, hog, opts, conformance.Host{}, time.Minute)
		require.ErrorContains(t, err, "unreachable", "it comes to the end of its memory, not of ours")
		greedy := hostile(fine, i(0))
		greedy.pages = 33
		_, err = Load(t.Context(), greedy.bytes(), opts)
		require.ErrorContains(t, err, "over limit of 32")
	})
}

// Every call that the host answers with a status comes back as that number, and "result" has the text.
func TestHostStatusReachesTheModule(t *testing.T) {
	for _, code := range sdk.Codes {
		m := hostile(fine+"time.now", do(fnCall, textAt+len(fine), 8, 0, 0), unless(-int(code)),
			do(fnResult, 0, 0), unless(len("time.now: an answer of the conformance suite")), say(textAt, len(fine)), i(0))
		_, err := evaluate(t, m, Options{}, conformance.Host{Status: code}, time.Minute)
		require.NoError(t, err, "%s", code)
	}
	long := hostile(fine, do(fnCall, 0, 65, 0, 0), unless(-int(sdk.CodeInvalidArgument)), say(textAt, len(fine)), i(0))
	_, err := evaluate(t, long, Options{}, conformance.Host{}, time.Minute)
	require.NoError(t, err, "an operation name that is too long never reaches the host")
}

type echo struct{ conformance.Host }

func (echo) Call(_ context.Context, op string, req json.RawMessage) (json.RawMessage, error) {
	return json.RawMessage(fmt.Sprintf(`{"findings":[{"code":"ECHO","severity":"info","message":"%s %d"}]}`, op, len(req))), nil
}

// A result that does not fit into the buffer is not written at all; its length still comes back.
func TestResultsAreCopiedOnlyWhenTheyFit(t *testing.T) {
	size := len(`{"findings":[{"code":"ECHO","severity":"info","message":"op 5"}]}`)
	m := hostile("op12345", do(fnCall, textAt, 2, textAt+2, 5), unless(size),
		do(fnResult, 0, size-1), unless(size), // too small: address 0 stays zero
		do(fnResult, 8192, size), unless(size), say(8192, size), i(0))
	resp, err := evaluate(t, m, Options{}, echo{}, time.Minute)
	require.NoError(t, err)
	require.Equal(t, "op 5", resp.Findings[0].Message)
	empty := hostile("op12345", do(fnCall, textAt, 2, textAt+2, 5), unless(size), do(fnResult, 0, size-1), op(opDrop), say(0, size), i(0))
	_, err = evaluate(t, empty, Options{}, echo{}, time.Minute)
	require.ErrorContains(t, err, "not valid JSON", "only zeroes lie there")
}

// Two evaluations of one module share nothing, and they may run at the same time.
func TestEvaluationsShareNoMemory(t *testing.T) {
	grows := hostile(fine, i(1), op(opMemoryGrow, 0), unless(1), say(textAt, len(fine)), i(0))
	module, err := Load(t.Context(), grows.bytes(), Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, module.Close(t.Context())) }()
	done := make(chan error, 8)
	for range 8 {
		go func() {
			_, err := module.Evaluate(t.Context(), conformance.Host{}, &sdk.Request{Component: "c"})
			done <- err
		}()
	}
	for range 8 {
		require.NoError(t, <-done)
	}
}

func TestWhatMayNotLoad(t *testing.T) {
	with := func(edit func(*guestModule)) []byte {
		m := hostile(fine, say(textAt, len(fine)), i(0))
		edit(&m)
		return m.bytes()
	}
	describing := func(text string) []byte {
		return with(func(m *guestModule) {
			m.data = text
			m.funcs[0].body = cat(say(dataAt, len(text)), i(0))
		})
	}
	imports := func(module, name string, params, results int) []byte {
		return with(func(m *guestModule) {
			m.imports = append(append([]guestImport(nil), contract...), guestImport{module, name, params, results})
		})
	}
	calling := `{"cluster":"source","database":"admin","command":{"buildInfo":1}}`
	cases := map[string]struct {
		code []byte
		says string
	}{
		"not WASM":                      {[]byte("#!/bin/sh"), "compile"},
		"nothing":                       {nil, "compile"},
		"unknown import":                {imports(importModule, "spawn", 0, 0), "imports revsync_v1.spawn"},
		"another major":                 {imports("revsync_v2", "input", 2, 1), "imports revsync_v2.input"},
		"an import of the environment":  {imports("env", "system", 1, 1), "imports env.system"},
		"an import with other types":    {imports(importModule, "input", 3, 1), "other types than the contract's"},
		"a WASI call that is not there": {imports("wasi_snapshot_preview1", "exec", 1, 1), "exec"},
		"no describe":                   {with(func(m *guestModule) { m.funcs[0].export = "" }), "does not export revsync_v1_describe"},
		"no evaluate":                   {with(func(m *guestModule) { m.funcs[1].export = "revsync_v2_evaluate" }), "does not export revsync_v1_evaluate"},
		"evaluate with a parameter":     {with(func(m *guestModule) { m.funcs[1].params = 1 }), "must take nothing and return an i32"},
		"no memory":                     {with(func(m *guestModule) { m.noMemory, m.data = true, "" }), "does not export its memory"},
		"describe that traps":           {with(func(m *guestModule) { m.funcs[0].body = op(opUnreachable) }), "describe: run: "},
		"describe that fails":           {with(func(m *guestModule) { m.funcs[0].body = i(3) }), "returned 3"},
		"describe without an answer":    {with(func(m *guestModule) { m.funcs[0].body = i(0) }), "gave no answer"},
		"describe with rubbish":         {describing("rubbish"), "not valid JSON"},
		"another API":                   {describing(strings.Replace(descriptor, "/v1", "/v2", 1)), "apiVersion"},
		"a bad name":                    {describing(strings.Replace(descriptor, "acme.hostile", "../etc", 1)), "module name"},
		"no components":                 {describing(`{"apiVersion":"revsync.plugin/v1","name":"a","version":"1","components":[]}`), "0 components"},
		"a host call while it describes": {with(func(m *guestModule) {
			m.data = descriptor + "runCommand" + calling
			m.funcs[0].body = cat(do(fnCall, textAt, 10, textAt+10, len(calling)), unless(0), say(dataAt, len(descriptor)), i(0))
		}), "unreachable"},
		"start function that traps": {with(func(m *guestModule) {
			m.funcs = append(m.funcs, guestFunc{export: exportInit, body: op(opUnreachable)})
		}), "start: "},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, opts Options) {
				_, err := Load(t.Context(), c.code, opts)
				require.ErrorContains(t, err, c.says)
			})
		})
	}
	_, err := Load(t.Context(), make([]byte, 101), Options{FileBytes: 100})
	require.ErrorContains(t, err, "101 bytes, more than 100")
	endless := with(func(m *guestModule) {
		m.funcs = append(m.funcs, guestFunc{export: exportInit, body: op(opLoop, typeEmpty, opBr, 0, opEnd)})
	})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err = Load(ctx, endless, Options{})
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestDescribeIsDeniedHostCalls(t *testing.T) {
	m := hostile(fine, say(textAt, len(fine)), i(0))
	m.data = descriptor + fine + "time.now"
	m.funcs[0].body = cat(do(fnCall, textAt+len(fine), 8, 0, 0), unless(-int(sdk.CodePermissionDenied)), say(dataAt, len(descriptor)), i(0))
	_, err := evaluate(t, m, Options{}, conformance.Host{}, time.Minute)
	require.NoError(t, err)
}

// WASI is there and gives nothing: no preopened folder, no file, no environment, no arguments.
func TestWASIGrantsNothing(t *testing.T) {
	const wasi = "wasi_snapshot_preview1"
	m := hostile(fine)
	m.imports = append(append([]guestImport(nil), contract...),
		guestImport{wasi, "fd_prestat_get", 2, 1}, guestImport{wasi, "environ_sizes_get", 2, 1}, guestImport{wasi, "args_sizes_get", 2, 1})
	first := len(contract)
	zero := func(at int) []byte { return cat(i(at), op(0x28, 2, 0), unless(0)) } // i32.load
	m.funcs[0].body = cat(say(dataAt, len(descriptor)), i(0))
	m.funcs[1].body = cat(
		do(first, 3, 8192), unless(8), // EBADF: there is no descriptor 3
		do(first+1, 8192, 8196), unless(0), zero(8192),
		do(first+2, 8192, 8196), unless(0), zero(8192),
		say(textAt, len(fine)), i(0))
	_, err := evaluate(t, m, Options{}, conformance.Host{}, time.Minute)
	require.NoError(t, err)
}
