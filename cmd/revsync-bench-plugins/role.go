package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	"github.com/revsync/revsync/plugins/process/runner"
	"github.com/revsync/revsync/plugins/process/serve"
	"github.com/revsync/revsync/plugins/wasm"
	"github.com/revsync/revsync/sdk"
)

// This program is also what it measures: it starts itself in one of these roles, named by the first argument. What is
// started by package process without one is the module that is a program.
const (
	roleRunner = "plugin-runner"
	roleOne    = "measure-one"
	roleFirst  = "first-verdict"
	// programMark is in the environment of a module's process.
	programMark = "REVSYNC_PLUGIN"
)

// role is the part that the process plays, if it is not the one that people start.
func role(args []string) (play func() int, ok bool) {
	switch {
	case len(args) == 0 && os.Getenv(programMark) != "":
		return program, true
	case len(args) == 0:
		return nil, false
	case args[0] == roleRunner:
		return func() int { return exit(runner.Run(context.Background(), runnerOptions(args[1:]))) }, true
	case args[0] == roleOne && len(args) == 3:
		return func() int { return exit(printOne(context.Background(), args[1], args[2])) }, true
	case args[0] == roleFirst && len(args) == 2:
		return func() int { return exit(firstVerdict(context.Background(), args[1])) }, true
	}
	return nil, false
}

func exit(err error) int {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// runnerOptions reads what package process adds to the command of a runner.
func runnerOptions(args []string) (o wasm.Options) {
	for i := 0; i+1 < len(args); i += 2 {
		switch args[i] {
		case "--cacheDir":
			o.CacheDir = args[i+1]
		case "--memoryMiB":
			o.MemoryMiB, _ = strconv.Atoi(args[i+1])
		}
	}
	return o
}

// plain is the check that runs as a function and as a program.
func plain() sdk.Module {
	return sdk.Module{Name: "bench.plain", Version: "1.0.0", Parts: []sdk.Part{sdk.Check("plain", judge)}}
}

func judge(_ context.Context, _ sdk.Host, r *sdk.Request) ([]sdk.Finding, error) {
	return []sdk.Finding{sdk.Infof("PLAIN", "sync %s is in state %s", r.Sync.ID, r.Sync.State)}, nil
}

// program serves until the engine is gone.
func program() int {
	m := plain()
	serve.Module(m.Name, m.Version, m.Parts...)
	return 0
}

// printOne measures one pair and writes its figures to standard output.
func printOne(ctx context.Context, runtime, file string) error {
	f, err := measure(ctx, runtime, file)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(f)
}
