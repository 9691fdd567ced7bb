package plugins

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/sdk"
)

// Loader makes a module out of the content of a file whose digest has been checked. It is called by several goroutines.
type Loader func(ctx context.Context, manifest Manifest, code []byte) (Module, error)

const (
	manifestFile     = "plugin.json"
	maxManifestBytes = 1 << 20
	maxModuleBytes   = 64 << 20 // a loader has its own, lower limit
	maxPlugins       = 64
	loadedAtOnce     = 2 // compiling takes a processor each
)

// Discover loads every plugin of a folder: one sub-folder each, with a plugin.json in it; files beside them are
// passed over, names that begin with a dot too. loaders maps Manifest.Runtime to what loads it. With at least one trusted
// key, a plugin whose SignatureFile is not by one of them is not loaded; without any, signatures are not looked at.
//
// A plugin that cannot be loaded is still in the list, as a module that refuses every phase it was to take part in
// (all of them when its manifest cannot be read or is not trusted): a gate that is missing must not look like an open
// one. Its LoadError says why. The error is for the folder itself. The list is in the order of the folders' names,
// though they are loaded side by side. The caller closes the modules.
func Discover(ctx context.Context, dir string, loaders map[string]Loader, trusted ...ed25519.PublicKey) ([]*Installed, error) {
	folders, err := pluginFolders(dir)
	if err != nil {
		return nil, fmt.Errorf("plugin folder: %w", err)
	}
	found := make([]*Installed, len(folders))
	var group errgroup.Group
	group.SetLimit(loadedAtOnce)
	for i, folder := range folders {
		group.Go(func() error {
			found[i] = install(ctx, folder, loaders, trusted)
			return nil
		})
	}
	return found, group.Wait()
}

// pluginFolders lists what may be plugins, by name.
func pluginFolders(dir string) ([]string, error) {
	if err := checkFolder(dir); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var folders []string
	for _, e := range entries {
		if e.Name()[0] == '.' || e.Type().IsRegular() {
			continue
		}
		folders = append(folders, filepath.Join(dir, e.Name()))
	}
	if len(folders) > maxPlugins {
		return nil, fmt.Errorf("more than %d plugins in %s", maxPlugins, dir)
	}
	return folders, nil
}

// Installed is a plugin from a folder: a module with its manifest. It is a Module, Managed and a Digester.
type Installed struct {
	folder   string
	manifest Manifest
	signedBy string
	module   Module // nil when err is set
	err      error
}

// LoadError says why the plugin could not be loaded, nil when it could.
func (i *Installed) LoadError() error { return i.err }

// Folder is the path it was loaded from.
func (i *Installed) Folder() string { return i.folder }

// Manifest is the operator's. When it could not be read or is not trusted, it is empty but for its name, which is that
// of the folder.
func (i *Installed) Manifest() Manifest { return i.manifest }

// Digest is the SHA-256 of the module's file, which the manifest pins.
func (i *Installed) Digest() string { return i.manifest.SHA256 }

// SignedBy is the fingerprint of the trusted key that signed the plugin, empty when Discover was given no keys or the
// signature is not good.
func (i *Installed) SignedBy() string { return i.signedBy }

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

func install(ctx context.Context, folder string, loaders map[string]Loader, trusted []ed25519.PublicKey) *Installed {
	i := &Installed{folder: folder, manifest: Manifest{Name: filepath.Base(folder)}}
	if err := i.load(ctx, loaders, trusted); err != nil {
		i.err = fmt.Errorf("plugin %s: %w", folder, err)
	}
	return i
}

func (i *Installed) load(ctx context.Context, loaders map[string]Loader, trusted []ed25519.PublicKey) error {
	if err := i.readManifest(trusted); err != nil {
		return err
	}
	manifest := i.manifest
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

// readManifest believes nothing that a manifest says before its signature is checked: not even which phases the plugin
// guards.
func (i *Installed) readManifest(trusted []ed25519.PublicKey) error {
	if err := checkFolder(i.folder); err != nil {
		return err
	}
	doc, err := readTrusted(filepath.Join(i.folder, manifestFile), maxManifestBytes)
	if err != nil {
		return err
	}
	if len(trusted) > 0 {
		if i.signedBy, err = verifyFolder(i.folder, doc, trusted); err != nil {
			return err
		}
	}
	manifest, err := ParseManifest(doc)
	if err != nil {
		return err
	}
	i.manifest = manifest
	return nil
}

// adopt compiles exactly the bytes that were hashed and holds the module against its manifest.
func (i *Installed) adopt(ctx context.Context, load Loader, code []byte) error {
	module, err := load(ctx, i.manifest, code)
	if err != nil {
		return err
	}
	descriptor, err := module.Describe(ctx)
	if err == nil {
		err = checkDescriptor(descriptor)
	}
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
