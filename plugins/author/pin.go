package author

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/revsync/revsync/plugins"
)

var pinned = regexp.MustCompile(`("sha256"\s*:\s*)"[^"]*"`)

// Pin writes the digest of the plugin's file into its manifest, leaves the rest of the text as it is, and returns the
// digest. What would not be a valid manifest afterwards is not written.
func Pin(dir string) (string, error) {
	path := filepath.Join(dir, manifestFile)
	doc, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrManifest, err)
	}
	var named struct{ File string }
	if err := json.Unmarshal(doc, &named); err != nil {
		return "", fmt.Errorf("%w: %w", ErrManifest, err)
	}
	if named.File == "" || filepath.Base(named.File) != named.File {
		return "", fmt.Errorf("%w: file %q is not the name of a file in the plugin's folder", ErrManifest, named.File)
	}
	code, err := os.ReadFile(filepath.Join(dir, named.File))
	if err != nil {
		return "", err
	}
	digest := digestOf(code)
	out, err := pinIn(doc, digest)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrManifest, err)
	}
	return digest, replace(path, out)
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

// replace writes the file beside the old one and puts it in its place.
func replace(path string, content []byte) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	beside := path + ".new"
	if err := os.WriteFile(beside, content, info.Mode().Perm()); err != nil {
		return err
	}
	return os.Rename(beside, path)
}
