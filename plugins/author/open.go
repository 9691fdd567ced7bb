// Package author is what the tools for authors of modules do (revsync plugin inspect, pin, sign, run, test, init): it loads one
// plugin as the engine would, evaluates a component of it, records what the component was told by a cluster, replays
// that without one, and writes the folder that a new module begins with.
package author

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/sdk"
)

// ErrManifest is in the chain of every error for which the manifest or its folder has to change: it is not there, cannot be
// read, is not signed as it has to be, everybody may write to it, its digest is not the file's, it asks for more than the
// module offers.
var ErrManifest = errors.New("plugin not in order")

const manifestFile = "plugin.json"

// Loaders is how modules are run, by the runtime that a manifest names.
type Loaders map[string]plugins.Loader

// Plugin is one loaded module, with its manifest if it has one. The caller closes its Module.
type Plugin struct {
	Module     plugins.Module
	Descriptor sdk.Descriptor
	// Manifest is nil for a bare file, which has all the rights that it asks for.
	Manifest *plugins.Manifest
	// Signature is nil for a plugin that is not signed, and for a bare file.
	Signature *Signature
	// Runtime is wasm or grpc.
	Runtime string
	Digest  string // SHA-256 of the file in hexadecimal
	Bytes   int    // size of the file
}

// Open loads a module: a file, or the folder of a plugin, whose manifest then holds as it does in the engine. A program
// (runtime grpc) is run for that, with the rights of the caller. With at least one trusted key nothing is run but the
// folder of a plugin that one of them has signed.
func Open(ctx context.Context, path string, loaders Loaders, trusted ...ed25519.PublicKey) (*Plugin, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return openFolder(ctx, path, loaders, trusted)
	}
	if len(trusted) > 0 {
		return nil, fmt.Errorf("%w: %s is a file, and what is signed is the manifest of a plugin's folder: name the folder", ErrManifest, path)
	}
	return openFile(ctx, path, loaders)
}

func openFile(ctx context.Context, path string, loaders Loaders) (*Plugin, error) {
	code, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	runtime, err := runtimeOf(code)
	if err != nil {
		return nil, fmt.Errorf("%s is %w", path, err)
	}
	return load(ctx, code, plugins.Manifest{Runtime: runtime, File: filepath.Base(path)}, loaders)
}

// programs begin with one of these: ELF, scripts that name their interpreter, Windows, Mach-O for one or several processors.
var programs = []string{"\x7fELF", "#!", "MZ", "\xcf\xfa\xed\xfe", "\xce\xfa\xed\xfe", "\xca\xfe\xba\xbe"}

// runtimeOf tells what a module is by its first bytes.
func runtimeOf(code []byte) (string, error) {
	if bytes.HasPrefix(code, []byte("\x00asm")) {
		return "wasm", nil
	}
	if slices.ContainsFunc(programs, func(magic string) bool { return bytes.HasPrefix(code, []byte(magic)) }) {
		return "grpc", nil
	}
	return "", errors.New("neither a WASM module nor a program: name the file that the build makes, or the folder of a plugin")
}

func openFolder(ctx context.Context, dir string, loaders Loaders, trusted []ed25519.PublicKey) (*Plugin, error) {
	c, err := readFolder(dir, trusted)
	if err != nil {
		return nil, err
	}
	p, err := load(ctx, c.code, c.manifest, loaders)
	if err != nil {
		return nil, err
	}
	if err := c.manifest.Match(p.Descriptor); err != nil {
		_ = p.Module.Close(ctx) // the first error is the one to tell
		return nil, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	p.Manifest, p.Signature = &c.manifest, c.signature
	return p, nil
}

func load(ctx context.Context, code []byte, manifest plugins.Manifest, loaders Loaders) (*Plugin, error) {
	loader, ok := loaders[manifest.Runtime]
	if !ok {
		return nil, fmt.Errorf("%w: runtime %q is not available", ErrManifest, manifest.Runtime)
	}
	module, err := loader(ctx, manifest, code)
	if errors.Is(err, syscall.ENOEXEC) {
		return nil, fmt.Errorf("%s does not run here, since it was built for another processor or system: %w", manifest.File, err)
	}
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
