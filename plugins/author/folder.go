package author

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/revsync/revsync/plugins"
)

// contents are what the engine would run of a plugin's folder.
type contents struct {
	doc       []byte // the manifest as it is written
	manifest  plugins.Manifest
	code      []byte
	signature *Signature // nil when there is none
}

// readFolder reads a plugin under the rules of the engine: nothing that the manifest says is believed before its signature
// is looked at, when there are trusted keys, and the file is the one that it pins.
func readFolder(dir string, trusted []ed25519.PublicKey) (c contents, err error) {
	if c.doc, err = readManifest(dir); err != nil {
		return c, err
	}
	if c.signature, err = signatureOf(dir, c.doc, trusted); err != nil {
		return c, err
	}
	if !isPinned(c.doc) {
		return c, fmt.Errorf("%w: %s pins no file yet: build it, then run: revsync plugin pin %q", ErrManifest, filepath.Join(dir, manifestFile), dir)
	}
	if c.manifest, err = plugins.ParseManifest(c.doc); err != nil {
		return c, fmt.Errorf("%w: %s: %w", ErrManifest, dir, err)
	}
	if c.code, err = readModule(dir, c.manifest.File); err != nil {
		return c, err
	}
	if digest := digestOf(c.code); digest != c.manifest.SHA256 {
		return c, fmt.Errorf("%w: %s has digest %s, the manifest pins %s: run: revsync plugin pin %q",
			ErrManifest, c.manifest.File, digest, c.manifest.SHA256, dir)
	}
	return c, nil
}

func readManifest(dir string) ([]byte, error) {
	doc, err := plugins.ReadFile(dir, manifestFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s is not the folder of a plugin: it has no %s; revsync plugin init makes one", ErrManifest, dir, manifestFile)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	return doc, nil
}

func readModule(dir, file string) ([]byte, error) {
	code, err := plugins.ReadFile(dir, file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: the manifest names %s, which is not there: build it first", ErrManifest, filepath.Join(dir, file))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	return code, nil
}

// isPinned is false for a manifest in which no digest stands yet. One that cannot be read is for ParseManifest to judge.
func isPinned(doc []byte) bool {
	var pins struct{ SHA256 string }
	err := json.Unmarshal(doc, &pins)
	return err != nil || len(pins.SHA256) == hex.EncodedLen(sha256.Size)
}
