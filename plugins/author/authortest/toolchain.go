// Package authortest finds the compilers of the languages that modules are written in, for tests.
package authortest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Build runs the build.sh of a folder, in which it makes check.wasm, and skips the test when this machine has no compiler
// for the language (one of author.Languages).
func Build(t testing.TB, language, dir string) {
	t.Helper()
	environ, missing := toolchain(t, language)
	if missing != "" {
		t.Skipf("no toolchain for %s here: %s", language, missing)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "build.sh"))
	cmd.Env = append(os.Environ(), environ...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", dir, err, out)
	}
}

// toolchain gives what build.sh needs in its environment, or says what is missing.
func toolchain(t testing.TB, language string) (environ []string, missing string) {
	switch language {
	case "go":
		return nil, ""
	case "c":
		return compilerOfC()
	case "rust":
		out, err := exec.Command("rustc", "--print", "target-libdir", "--target", "wasm32-unknown-unknown").Output()
		if err != nil {
			return nil, "rustc does not run"
		}
		if _, err := os.Stat(strings.TrimSpace(string(out))); err != nil {
			return nil, "rustup target add wasm32-unknown-unknown"
		}
		return []string{"CARGO_TARGET_DIR=" + t.TempDir()}, ""
	case "assemblyscript":
		if os.Getenv("ASC") != "" {
			return nil, ""
		}
		if _, err := exec.LookPath("asc"); err != nil {
			return nil, "asc is not in the PATH, and ASC does not name it"
		}
		return []string{"ASC=asc"}, ""
	case "js":
		if exec.Command("node", "--version").Run() != nil {
			return nil, "node does not run"
		}
		return nil, ""
	}
	return nil, "unknown language"
}

func compilerOfC() (environ []string, missing string) {
	_, clang := exec.LookPath("clang")
	_, linker := exec.LookPath("wasm-ld")
	if clang == nil && linker == nil {
		return nil, ""
	}
	for _, zig := range []string{"zig", "python3 -m ziglang"} {
		words := append(strings.Fields(zig), "version")
		if exec.Command(words[0], words[1:]...).Run() == nil {
			return []string{"CC=" + zig + " cc", "TARGET=wasm32-freestanding"}, ""
		}
	}
	return nil, "clang with wasm-ld, or zig"
}
