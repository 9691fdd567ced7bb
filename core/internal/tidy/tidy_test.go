package tidy_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	root   = "../../.."
	module = "github.com/revsync/revsync/"
)

// source is one Go file of the tree, tests excepted.
type source struct {
	path string // from the root, with slashes
	text string
	file *ast.File
}

func (s source) in(folders ...string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return strings.HasPrefix(s.path, f+"/") })
}

func (s source) imports() (out []string) {
	for _, i := range s.file.Imports {
		path, _ := strconv.Unquote(i.Path.Value)
		out = append(out, path)
	}
	return out
}

func sources(t *testing.T) (out []source) {
	set := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != root) {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(set, path, text, parser.ParseComments)
		rel, _ := filepath.Rel(root, path)
		out = append(out, source{path: filepath.ToSlash(rel), text: string(text), file: file})
		return err
	})
	require.NoError(t, err)
	require.Greater(t, len(out), 100, "the walk must find the tree")
	return out
}

// TestWhoImportsWhat: dependencies point one way, and each outside thing has one door.
func TestWhoImportsWhat(t *testing.T) {
	doors := []struct {
		what string   // an import path or the beginning of one
		only []string // the folders that may have it
	}{
		{"go.mongodb.org/mongo-driver/v2/mongo", []string{"core/mdb", "core/mongotest", "cmd/revsync-demo", "cmd/revsync-bench", "cmd/revsync-torture"}},
		{"go.mongodb.org/mongo-driver", []string{"core", "cmd/revsync-demo", "cmd/revsync-bench", "cmd/revsync-torture"}},
		{"github.com/tetratelabs/wazero", []string{"plugins/wasm"}},
		{"github.com/hashicorp/go-plugin", []string{"plugins/process", "sdk/process"}},
		{"github.com/gorilla/mux", []string{"hostapi/rest"}},
		{"github.com/spf13", []string{"cmd"}},
		{"go.yaml.in", []string{"cmd"}},
		{module + "plugins", []string{"plugins", "checks", "cmd", "examples"}},
		{module + "checks", []string{"checks", "cmd", "examples"}},
		{module + "hostapi/rest", []string{"hostapi/rest", "cmd", "examples"}},
		{module + "hostapi/guest", []string{"hostapi/guest", "plugins", "cmd", "examples"}},
		{module + "core/cutover", []string{"core"}},
		{module + "core/mongotest", []string{"core/mongotest", "cmd/revsync-demo", "cmd/revsync-bench", "cmd/revsync-torture", "examples/internal"}},
		{module + "cmd", []string{"cmd"}},
	}
	for _, s := range sources(t) {
		for _, path := range s.imports() {
			for _, d := range doors {
				if path == d.what || strings.HasPrefix(path, d.what+"/") {
					require.True(t, s.in(d.only...), "%s imports %s, which is for %v only", s.path, path, d.only)
				}
			}
		}
	}
}

// TestPurePackages: what everybody builds on needs nothing but the standard library.
func TestPurePackages(t *testing.T) {
	for _, s := range sources(t) {
		if !s.in("sdk", "core/lifecycle") {
			continue
		}
		for _, path := range s.imports() {
			first, _, _ := strings.Cut(path, "/")
			own := strings.HasPrefix(path, module+"sdk") && s.in("sdk")
			require.True(t, own || !strings.Contains(first, "."), "%s imports %s; it may use the standard library only", s.path, path)
		}
	}
}

// TestDirectionIsAValue: what copies and applies knows from and to, and no
// cluster by name, no state and no reversal.
func TestDirectionIsAValue(t *testing.T) {
	words := regexp.MustCompile(`\b[Cc]luster[01]\b|lifecycle\.(Mapping|State|Record|Reverse)\b`)
	for _, s := range sources(t) {
		if s.in("core/copier", "core/applier", "core/schema", "core/mdb") {
			require.Empty(t, words.FindString(s.text), s.path)
		}
	}
}

// TestNoSleepNoLooseEnds: waiting has a reason to end, and nothing is left for later.
func TestNoSleepNoLooseEnds(t *testing.T) {
	loose := regexp.MustCompile(`\btime\.Sleep\(|\b(TODO|FIXME|XXX)\b`)
	for _, s := range sources(t) {
		require.Empty(t, loose.FindString(s.text), s.path)
	}
}

// TestRoomsAreSmall: a file that does not fit is two rooms.
func TestRoomsAreSmall(t *testing.T) {
	const most = 400
	for _, s := range sources(t) {
		require.LessOrEqual(t, strings.Count(s.text, "\n"), most, s.path)
	}
}

// TestExportedNamesAreExplained: each exported name at the top of a file says
// what a caller must know.
func TestExportedNamesAreExplained(t *testing.T) {
	for _, s := range sources(t) {
		if s.in("cmd") {
			continue
		}
		for _, decl := range s.file.Decls {
			for name, explained := range exported(decl) {
				require.True(t, explained, "%s: %s has no comment", s.path, name)
			}
		}
	}
}

// exported are the exported names of a declaration, and whether each has a comment.
func exported(decl ast.Decl) map[string]bool {
	out := map[string]bool{}
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && publicReceiver(d) {
			out[d.Name.Name] = d.Doc != nil
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() {
					out[s.Name.Name] = d.Doc != nil || s.Doc != nil || s.Comment != nil
				}
			case *ast.ValueSpec:
				for _, n := range s.Names {
					if n.IsExported() {
						out[n.Name] = d.Doc != nil || s.Doc != nil || s.Comment != nil
					}
				}
			}
		}
	}
	return out
}

// publicReceiver reports whether a function is a plain one or a method of an
// exported type.
func publicReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if generic, ok := t.(*ast.IndexExpr); ok {
		t = generic.X
	}
	name, ok := t.(*ast.Ident)
	return ok && name.IsExported()
}

// TestPromisesHaveProofs: every test, fuzz target and case that the promises name is
// there, and every case is named.
func TestPromisesHaveProofs(t *testing.T) {
	var tests strings.Builder
	require.NoError(t, filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		content, err := os.ReadFile(path)
		tests.Write(content)
		return err
	}))
	files, err := filepath.Glob(filepath.Join(root, "core", "cases", "testdata", "*.case"))
	require.NoError(t, err)
	for _, doc := range []string{"core/doc.go", "docs/reliability.md"} {
		content, err := os.ReadFile(filepath.Join(root, doc))
		require.NoError(t, err)
		text := strings.ReplaceAll(string(content), "\n//", "")
		named := regexp.MustCompile(`\b((Test|Fuzz)[A-Z]\w+)\b`).FindAllString(text, -1)
		require.Greater(t, len(named), 5)
		for _, name := range named {
			require.Contains(t, tests.String(), "func "+name, "%s names a test that is not there", doc)
		}
		for _, name := range regexp.MustCompile(`\b[HR]-[a-z0-9-]+|\bP\d\d`).FindAllString(text, -1) {
			require.True(t, slices.ContainsFunc(files, func(f string) bool { return strings.HasPrefix(filepath.Base(f), name) }), "%s names a case that is not there: %s", doc, name)
		}
		for _, f := range files {
			name := strings.TrimSuffix(filepath.Base(f), ".case")
			if strings.HasPrefix(name, "P") {
				name = name[:3]
			}
			require.True(t, doc == "core/doc.go" || strings.Contains(text, name), "%s does not name the case %s", doc, name)
		}
	}
}

// TestNamedCodesExist: every code that the documentation names is written
// somewhere in the sources, with these letters.
func TestNamedCodesExist(t *testing.T) {
	var text strings.Builder
	for _, s := range sources(t) {
		text.WriteString(s.text)
	}
	docs, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	require.NoError(t, err)
	code, others := regexp.MustCompile("`([A-Z]+(?:_[A-Z0-9]+)+)`|\"code\": ?\"([A-Z0-9_]+)\""), regexp.MustCompile(`^(REVSYNC|PLUGIN)_|^UPPER_SNAKE$`)
	count := 0
	for _, doc := range append(docs, filepath.Join(root, "README.md")) {
		content, err := os.ReadFile(doc)
		require.NoError(t, err)
		for _, m := range code.FindAllStringSubmatch(string(content), -1) {
			if name := m[1] + m[2]; name == "PLUGIN_FAILED" || !others.MatchString(name) { // the others are variables of the environment
				require.True(t, strings.Contains(text.String(), strconv.Quote(name)), "%s names a code that is not there: %s", doc, name)
				count++
			}
		}
	}
	require.Greater(t, count, 30)
}
