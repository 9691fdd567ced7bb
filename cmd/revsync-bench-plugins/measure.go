package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/plugins/process"
	"github.com/revsync/revsync/plugins/wasm"
	"github.com/revsync/revsync/sdk"
)

// The ways to run a module.
const (
	inFunction    = "Go function in process"
	inInterpreter = "WASM interpreter in process"
	inCompiler    = "WASM machine code in process"
	inChild       = "WASM machine code in a child"
	inProgram     = "program over gRPC"
)

// figures are what one process measured of one pair. A negative one does not exist for it.
type figures struct {
	LoadMillis     float64
	CachedMillis   float64 // from compiled code
	InstanceMillis float64 // a fresh instance that says that there is no such component
	CallMillis     float64
	PeakMB         float64 // of the process that the module's code runs in
}

// calls is how often a module is asked in one process; the fastest counts.
const calls = 5

// measure loads a module, asks it, and where compiled code is kept, loads it again.
func measure(ctx context.Context, runtime, file string) (f figures, err error) {
	dir, err := os.MkdirTemp("", "revsync-bench-plugins-")
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	code, err := read(file)
	if err != nil {
		return f, err
	}
	start := time.Now()
	m, err := open(ctx, runtime, code, dir)
	if err != nil {
		return f, err
	}
	f = figures{LoadMillis: millis(start), CachedMillis: -1}
	if err = f.ask(ctx, m); err == nil {
		f.PeakMB, err = peakMB(runtime == inChild || runtime == inProgram)
	}
	if err = errors.Join(err, m.Close(ctx)); err != nil || (runtime != inCompiler && runtime != inChild) {
		return f, err
	}
	start = time.Now()
	if m, err = open(ctx, runtime, code, dir); err != nil {
		return f, err
	}
	f.CachedMillis = millis(start)
	return f, m.Close(ctx)
}

// read unpacks what ends in .gz.
func read(file string) ([]byte, error) {
	code, err := os.ReadFile(file)
	if err != nil || filepath.Ext(file) != ".gz" {
		return code, err
	}
	r, err := gzip.NewReader(bytes.NewReader(code))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return io.ReadAll(r)
}

func open(ctx context.Context, runtime string, code []byte, cacheDir string) (plugins.Module, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	switch runtime {
	case inFunction:
		return plugins.Native(plain()), nil
	case inInterpreter:
		return wasm.Load(ctx, code, wasm.Options{})
	case inCompiler:
		return wasm.Load(ctx, code, wasm.Options{Compile: true, CacheDir: cacheDir})
	case inChild:
		return process.LoadWASM(ctx, code, process.Runner{Command: []string{self, roleRunner}, CacheDir: cacheDir}, process.Options{})
	case inProgram:
		return process.Load(ctx, code, process.Options{})
	}
	return nil, fmt.Errorf("no way to run a module is called %q", runtime)
}

func (f *figures) ask(ctx context.Context, m plugins.Module) error {
	d, err := m.Describe(ctx)
	if err != nil {
		return err
	}
	f.InstanceMillis, err = fastest(func() error {
		if _, err := m.Evaluate(ctx, host{}, &sdk.Request{Component: "nobody"}); err == nil {
			return errors.New("it answered for a component that it does not have")
		}
		return nil
	})
	if err != nil {
		return err
	}
	f.CallMillis, err = fastest(func() error {
		resp, err := m.Evaluate(ctx, host{}, request(d.Components[0].Name))
		if err != nil {
			return err
		}
		return resp.Validate()
	})
	return err
}

func fastest(call func() error) (float64, error) {
	best := -1.0
	for range calls {
		start := time.Now()
		if err := call(); err != nil {
			return 0, err
		}
		if took := millis(start); best < 0 || took < best {
			best = took
		}
	}
	return best, nil
}

// request has 1 KB, and a configuration that every golden guest understands.
func request(component string) *sdk.Request {
	now := time.Date(2026, 1, 5, 23, 0, 0, 0, time.UTC)
	return &sdk.Request{APIVersion: sdk.APIVersion, EvaluationID: strings.Repeat("e", 500), Component: component, Phase: sdk.PhasePreReverse,
		Trigger: sdk.TriggerReverse, Now: now, Deadline: now.Add(time.Minute), Config: json.RawMessage(`{"from":22,"to":4,"freeGiB":2,"pattern":"^tmp_"}`),
		Sync: sdk.Sync{ID: "s1", State: "COMMITTED", Direction: sdk.DirectionForward, Source: sdk.Cluster{Name: "cluster0"}, Destination: sdk.Cluster{Name: "cluster1"}}}
}

// host answers every command with what one of the golden guests looks for.
type host struct{}

func (host) Call(context.Context, string, json.RawMessage) (json.RawMessage, error) {
	return json.RawMessage(`{"connections":{"current":3,"available":97},"fsTotalSize":10737418240,"fsUsedSize":1073741824,
		"databases":[{"name":"app"}],"cursor":{"id":0,"firstBatch":[{"name":"orders"}]}}`), nil
}

func (host) Log(context.Context, sdk.Level, string) {}

func millis(since time.Time) float64 { return float64(time.Since(since).Nanoseconds()) / 1e6 }
