package author

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/revsync/revsync/plugins"
)

var pinned = regexp.MustCompile(`("sha256"\s*:\s*)"[^"]*"`)

// Pinned says what Pin has done.
type Pinned struct {
	Digest string // SHA-256 of the file in hexadecimal
	// SignatureEnds is true when the plugin has a signature and the manifest is now another than before: what was signed
	// is not there any more. The signature is left where it is.
	SignatureEnds bool
}

// Pin writes the digest of the plugin's file into its manifest and leaves the rest of the text as it is. What would not
// be a valid manifest afterwards is not written.
func Pin(dir string) (Pinned, error) {
	path := filepath.Join(dir, manifestFile)
	doc, err := readManifest(dir)
	if err != nil {
		return Pinned{}, err
	}
	var named struct{ File string }
	if err := json.Unmarshal(doc, &named); err != nil {
		return Pinned{}, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	if named.File == "" || filepath.Base(named.File) != named.File {
		return Pinned{}, fmt.Errorf("%w: file %q is not the name of a file in the plugin's folder", ErrManifest, named.File)
	}
	code, err := readModule(dir, named.File)
	if err != nil {
		return Pinned{}, err
	}
	digest := digestOf(code)
	out, err := pinIn(doc, digest)
	if err != nil {
		return Pinned{}, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	_, unsigned := os.Lstat(filepath.Join(dir, plugins.SignatureFile))
	return Pinned{Digest: digest, SignatureEnds: unsigned == nil && !bytes.Equal(doc, out)}, replace(path, out)
}

func pinIn(doc []byte, digest string) ([]byte, error) {
	if len(pinned.FindAll(doc, 2)) != 1 {
		return nil, errors.New(`it needs one field "sha256", which may be empty: "sha256": ""`)
	}
	out := pinned.ReplaceAll(doc, []byte(`${1}"`+digest+`"`))
	manifest, err := plugins.ParseManifest(out)
	if err == nil && manifest.SHA256 != digest {
		err = errors.New(`its field "sha256" is not where it belongs`)
	}
	return out, err
}

// replace writes a file that is there anew, with the mode it has.
func replace(path string, content []byte) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return write(path, content, info.Mode().Perm())
}

// write puts the content into a file beside path and moves that into its place.
func write(path string, content []byte, mode os.FileMode) error {
	beside := path + ".new"
	if err := os.WriteFile(beside, content, mode); err != nil {
		return err
	}
	return os.Rename(beside, path)
}
