// Package author is what the tools for authors of modules do (revsync plugin inspect, pin, sign, run, test, init): it loads one
// plugin as the engine would, evaluates a component of it, records what the component was told by a cluster, replays
// that without one, and writes the folder that a new module begins with.
package author

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/sdk"
)

// ErrManifest is in the chain of every error that is the manifest's: it cannot be read, its digest is not the file's, it
// asks for more than the module offers.
var ErrManifest = errors.New("bad manifest")

const manifestFile = "plugin.json"

// Loaders is how modules are run, by the runtime that a manifest names.
type Loaders map[string]plugins.Loader

// Plugin is one loaded module, with its manifest if it has one. The caller closes its Module.
type Plugin struct {
	Module     plugins.Module
	Descriptor sdk.Descriptor
	// Manifest is nil for a bare file, which has all the rights that it asks for.
	Manifest *plugins.Manifest
	// Runtime is wasm or grpc.
	Runtime string
	Digest  string // SHA-256 of the file in hexadecimal
	Bytes   int    // size of the file
}

// Open loads a module: a file, or the folder of a plugin, whose manifest then holds as it does in the engine.
func Open(ctx context.Context, path string, loaders Loaders) (*Plugin, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return openFolder(ctx, path, loaders)
	}
	return openFile(ctx, path, loaders)
}

func openFile(ctx context.Context, path string, loaders Loaders) (*Plugin, error) {
	code, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return load(ctx, code, plugins.Manifest{Runtime: runtimeOf(code), File: filepath.Base(path)}, loaders)
}

// runtimeOf tells a WASM module by its first bytes; everything else is taken for a program.
func runtimeOf(code []byte) string {
	if bytes.HasPrefix(code, []byte("\x00asm")) {
		return "wasm"
	}
	return "grpc"
}

func openFolder(ctx context.Context, dir string, loaders Loaders) (*Plugin, error) {
	_, manifest, code, err := readFolder(dir)
	if err != nil {
		return nil, err
	}
	p, err := load(ctx, code, manifest, loaders)
	if err != nil {
		return nil, err
	}
	if err := manifest.Match(p.Descriptor); err != nil {
		_ = p.Module.Close(ctx) // the first error is the one to tell
		return nil, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	p.Manifest = &manifest
	return p, nil
}

// readFolder reads a plugin's manifest and the file that it pins.
func readFolder(dir string) (doc []byte, manifest plugins.Manifest, code []byte, err error) {
	doc, err = os.ReadFile(filepath.Join(dir, manifestFile))
	if err == nil {
		manifest, err = plugins.ParseManifest(doc)
	}
	if err != nil {
		return nil, manifest, nil, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	code, err = os.ReadFile(filepath.Join(dir, manifest.File))
	if err != nil {
		return nil, manifest, nil, err
	}
	if digest := digestOf(code); digest != manifest.SHA256 {
		err = fmt.Errorf("%w: %s has digest %s, the manifest pins %s: run revsync plugin pin %q",
			ErrManifest, manifest.File, digest, manifest.SHA256, dir)
	}
	return doc, manifest, code, err
}

func load(ctx context.Context, code []byte, manifest plugins.Manifest, loaders Loaders) (*Plugin, error) {
	loader, ok := loaders[manifest.Runtime]
	if !ok {
		return nil, fmt.Errorf("%w: runtime %q is not available", ErrManifest, manifest.Runtime)
	}
	module, err := loader(ctx, manifest, code)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", manifest.File, err)
	}
	descriptor, err := module.Describe(ctx)
	if err != nil {
		_ = module.Close(ctx) // the first error is the one to tell
		return nil, fmt.Errorf("%s: %w", manifest.File, err)
	}
	return &Plugin{Module: module, Descriptor: descriptor, Runtime: manifest.Runtime, Digest: digestOf(code), Bytes: len(code)}, nil
}

func digestOf(code []byte) string {
	sum := sha256.Sum256(code)
	return hex.EncodeToString(sum[:])
}
