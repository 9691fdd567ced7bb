// Package examples holds only the test that builds the examples in other languages than Go.
package examples

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/plugins/author/authortest"
	"github.com/revsync/revsync/plugins/conformance"
	"github.com/revsync/revsync/plugins/wasm"
)

// TestGuestsInOtherLanguages: each example builds and conforms. What they find is tested with the golden files.
func TestGuestsInOtherLanguages(t *testing.T) {
	for _, language := range []string{"c", "rust", "assemblyscript"} {
		t.Run(language, func(t *testing.T) {
			folder := language + "-check"
			authortest.Build(t, language, folder)
			file := filepath.Join(folder, "check.wasm")
			code, err := os.ReadFile(file)
			require.NoError(t, err)
			require.NoError(t, os.Remove(file))
			conformance.Run(t, conformance.Subject{Open: func(t testing.TB) plugins.Module {
				m, err := wasm.Load(t.Context(), code, wasm.Options{})
				require.NoError(t, err)
				return m
			}})
		})
	}
}

// TestRustSDK: the crate, and the check that uses it, as their authors test them.
func TestRustSDK(t *testing.T) {
	if _, err := exec.LookPath("cargo"); err != nil {
		t.Skip("no toolchain for rust here: cargo is not in the PATH")
	}
	for _, folder := range []string{"../sdk/rust", "rust-check"} {
		cmd := exec.CommandContext(t.Context(), "cargo", "test", "--quiet", "--offline", "--manifest-path", filepath.Join(folder, "Cargo.toml"))
		cmd.Env = append(os.Environ(), "CARGO_TARGET_DIR="+t.TempDir())
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Contains(t, string(out), "test result: ok")
	}
}

// TestHeadersAreTheTemplates: what init writes is what the examples use.
func TestHeadersAreTheTemplates(t *testing.T) {
	for example, template := range map[string]string{"c-check/revsync.h": "c/revsync.h", "assemblyscript-check/revsync.ts": "assemblyscript/revsync.ts"} {
		want, err := os.ReadFile(filepath.Join("..", "plugins", "author", "templates", template))
		require.NoError(t, err)
		got, err := os.ReadFile(example)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), example)
	}
}
