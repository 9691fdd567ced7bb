package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// pair is one module under one runtime, with what each round measured.
type pair struct {
	runtime, module, file string
	rounds                []figures
}

// Where things are, from the root of the repository.
const (
	goldenDir   = "plugins/wasm/testdata/golden"
	builtinFile = "checks/builtin.wasm"
	healthyFile = "checks/testdata/healthy.json"
)

// verdictsPerRound are more than one, since the aim is about them.
const verdictsPerRound = 4

// bench measures round by round until the time is over, and prints.
func bench(ctx context.Context, s settings, out io.Writer) error {
	pairs, err := subjects(s.root, s.short)
	if err != nil {
		return err
	}
	var verdicts []verdict
	for start, round := time.Now(), 0; round == 0 || time.Since(start) < s.budget; round++ {
		for _, p := range pairs {
			if err := p.measure(ctx); err != nil {
				return fmt.Errorf("%s, %s: %w", p.module, p.runtime, err)
			}
		}
		for range verdictsPerRound {
			v, err := timeVerdict(ctx, filepath.Join(s.root, healthyFile))
			if err != nil {
				return err
			}
			verdicts = append(verdicts, v)
		}
	}
	return printAll(out, pairs, verdicts)
}

// subjects lists the pairs: whatever lies in the folder of golden guests, and the built-in checks.
func subjects(root string, short bool) ([]*pair, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(root, goldenDir, "*.wasm*"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no module in %s: run this at the root of the repository, or give -root", filepath.Join(root, goldenDir))
	}
	pairs := []*pair{{runtime: inFunction, module: "go", file: os.DevNull}, {runtime: inProgram, module: "go", file: self}}
	runtimes := []string{inInterpreter, inChild, inCompiler}
	if short {
		runtimes = runtimes[:2] // nobody runs the third
	}
	for _, runtime := range runtimes {
		for _, file := range append(files, filepath.Join(root, builtinFile)) {
			name, _, _ := strings.Cut(filepath.Base(file), ".")
			if strings.HasSuffix(file, builtinFile) {
				name = "built-in checks (go)"
			}
			pairs = append(pairs, &pair{runtime: runtime, module: name, file: file})
		}
	}
	return pairs, nil
}

// measure has a process of its own measure the pair.
func (p *pair) measure(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, self, roleOne, p.runtime, p.file)
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(said.String()))
	}
	var f figures
	if err := json.Unmarshal(out.Bytes(), &f); err != nil {
		return err
	}
	p.rounds = append(p.rounds, f)
	return nil
}
