package author

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/revsync/revsync/sdk"
)

//go:embed templates
var templates embed.FS

// Languages lists what Scaffold has templates for.
func Languages() []string {
	entries, err := templates.ReadDir("templates")
	if err != nil {
		return nil // it is part of the program
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// Scaffold says what a new module is called and where the SDK is.
type Scaffold struct {
	Language string
	// Name is the module's, with the author's prefix: acme.hello.
	Name string
	// SDK is an absolute path to a copy of revsync's sources; empty takes the published ones.
	SDK string
}

const newManifest = `{"apiVersion": "revsync.plugin/v1", "name": "%s", "runtime": "wasm", "file": "check.wasm",
 "sha256": "",
 "components": [{"name": "hello"}]}
`

// Write makes the folder of a module that works, with build.sh, which builds it, and a manifest that wants to be pinned. A
// folder that is there and not empty is refused.
func (s Scaffold) Write(dir string) error {
	if !slices.Contains(Languages(), s.Language) {
		return fmt.Errorf("there is no template for language %q, only for %s", s.Language, strings.Join(Languages(), ", "))
	}
	if err := s.validate(); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	there, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(there) > 0 {
		return fmt.Errorf("folder %s is not empty", dir)
	}
	root, err := fs.Sub(templates, path.Join("templates", s.Language))
	if err != nil {
		return err
	}
	err = fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return s.writeFile(root, name, dir)
	})
	return errors.Join(err, os.WriteFile(filepath.Join(dir, manifestFile), fmt.Appendf(nil, newManifest, s.Name), 0o644))
}

// validate refuses what would only fail when the module is built or loaded.
func (s Scaffold) validate() error {
	if s.SDK != "" {
		if _, err := os.Stat(filepath.Join(s.SDK, "sdk", "rust", "Cargo.toml")); err != nil {
			return fmt.Errorf("there is no copy of revsync's sources in %s: %w", s.SDK, err)
		}
	}
	return sdk.Descriptor{APIVersion: sdk.APIVersion, Name: s.Name, Version: "1.0.0",
		Components: []sdk.Component{{Name: "hello", Kind: sdk.KindCheck, Phases: []sdk.Phase{sdk.PhasePreflight}}}}.Validate()
}

func (s Scaffold) writeFile(root fs.FS, name, dir string) error {
	content, err := s.fill(root, name)
	if err != nil {
		return err
	}
	out := filepath.Join(dir, filepath.FromSlash(strings.TrimSuffix(name, ".tmpl")))
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	mode := os.FileMode(0o644)
	if strings.HasSuffix(name, ".sh") {
		mode = 0o755
	}
	f, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

// fill returns what a file of the template becomes; a module is no text and stays as it is.
func (s Scaffold) fill(root fs.FS, name string) ([]byte, error) {
	if path.Ext(name) == ".wasm" {
		return fs.ReadFile(root, name)
	}
	text, err := template.ParseFS(root, name)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = text.Execute(&out, s)
	return out.Bytes(), err
}
