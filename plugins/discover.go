package plugins

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"github.com/revsync/revsync/sdk"
)

// Loader makes a module out of the content of a file whose digest has been checked.
type Loader func(ctx context.Context, manifest Manifest, code []byte) (Module, error)

const (
	manifestFile     = "plugin.json"
	maxManifestBytes = 1 << 20
	maxModuleBytes   = 64 << 20 // a loader has its own, lower limit
	maxPlugins       = 64
)

// Discover loads every plugin of a folder: one sub-folder each, with a plugin.json in it; files beside them are
// passed over, names that begin with a dot too. loaders maps Manifest.Runtime to what loads it.
//
// A plugin that cannot be loaded is still in the list, as a module that refuses every phase it was to take part in
// (all of them when its manifest cannot be read): a gate that is missing must not look like an open one. Its
// LoadError says why. The error is for the folder itself. The caller closes the modules.
func Discover(ctx context.Context, dir string, loaders map[string]Loader) ([]*Installed, error) {
	if err := checkFolder(dir); err != nil {
		return nil, fmt.Errorf("plugin folder: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("plugin folder: %w", err)
	}
	var found []*Installed
	for _, e := range entries {
		if e.Name()[0] == '.' || e.Type().IsRegular() {
			continue
		}
		if len(found) == maxPlugins {
			closeAll(ctx, found)
			return nil, fmt.Errorf("plugin folder: more than %d plugins in %s", maxPlugins, dir)
		}
		found = append(found, install(ctx, filepath.Join(dir, e.Name()), loaders))
	}
	return found, nil
}

func closeAll(ctx context.Context, list []*Installed) {
	for _, i := range list {
		_ = i.Close(ctx) // the caller gets the error that led here
	}
}

// Installed is a plugin from a folder: a module with its manifest. It is a Module, Managed and a Digester.
type Installed struct {
	folder   string
	manifest Manifest
	module   Module // nil when err is set
	err      error
}

// LoadError says why the plugin could not be loaded, nil when it could.
func (i *Installed) LoadError() error { return i.err }

// Folder is the path it was loaded from.
func (i *Installed) Folder() string { return i.folder }

// Manifest is the operator's; its name is that of the folder when the manifest could not be read.
func (i *Installed) Manifest() Manifest { return i.manifest }

// Digest is the SHA-256 of the module's file, which the manifest pins.
func (i *Installed) Digest() string { return i.manifest.SHA256 }

// Describe gives the module's description, or the error that kept it from being loaded.
func (i *Installed) Describe(ctx context.Context) (sdk.Descriptor, error) {
	if i.err != nil {
		return sdk.Descriptor{}, i.err
	}
	return i.module.Describe(ctx)
}

// Evaluate passes the call on.
func (i *Installed) Evaluate(ctx context.Context, host sdk.Host, req *sdk.Request) (*sdk.Response, error) {
	if i.err != nil {
		return nil, i.err
	}
	return i.module.Evaluate(ctx, host, req)
}

// Close closes the module.
func (i *Installed) Close(ctx context.Context) error {
	if i.module == nil {
		return nil
	}
	return i.module.Close(ctx)
}

func install(ctx context.Context, folder string, loaders map[string]Loader) *Installed {
	i := &Installed{folder: folder, manifest: Manifest{Name: filepath.Base(folder)}}
	if err := i.load(ctx, loaders); err != nil {
		i.err = fmt.Errorf("plugin %s: %w", folder, err)
	}
	return i
}

func (i *Installed) load(ctx context.Context, loaders map[string]Loader) error {
	if err := checkFolder(i.folder); err != nil {
		return err
	}
	doc, err := readTrusted(filepath.Join(i.folder, manifestFile), maxManifestBytes)
	if err != nil {
		return err
	}
	manifest, err := ParseManifest(doc)
	if err != nil {
		return err
	}
	i.manifest = manifest
	load, ok := loaders[manifest.Runtime]
	if !ok {
		return fmt.Errorf("runtime %q is not available", manifest.Runtime)
	}
	code, err := readTrusted(filepath.Join(i.folder, manifest.File), maxModuleBytes)
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(code); hex.EncodeToString(sum[:]) != manifest.SHA256 {
		return fmt.Errorf("%s has digest %x, the manifest pins %s: somebody changed the file", manifest.File, sum, manifest.SHA256)
	}
	return i.adopt(ctx, load, code)
}

// adopt compiles exactly the bytes that were hashed and holds the module against its manifest.
func (i *Installed) adopt(ctx context.Context, load Loader, code []byte) error {
	module, err := load(ctx, i.manifest, code)
	if err != nil {
		return err
	}
	descriptor, err := module.Describe(ctx)
	if err == nil {
		err = i.manifest.Match(descriptor)
	}
	if err != nil {
		_ = module.Close(ctx) // the first error is the one to tell
		return err
	}
	i.module = module
	return nil
}
