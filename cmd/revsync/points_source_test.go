//go:build unix

package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/lifecycle"
)

// pointsInSources are the names of all points that the engine can die at: those
// that the sources spell out, and those of the plans' steps.
func pointsInSources(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, plan := range []lifecycle.Plan{lifecycle.CommitPlan, lifecycle.ReversePlan} {
		for _, moment := range []string{before, done, recorded} {
			for _, c := range pointsOf(plan, moment) {
				names[c.at] = true
			}
		}
	}
	for _, step := range stepsWithUndo(t) {
		names[step+".before"], names[step+".done"] = true, true
	}
	var composed []string
	eachHit(t, func(file string, arg ast.Expr) {
		if literal, ok := arg.(*ast.BasicLit); ok {
			names[unquote(t, literal)] = true
		} else {
			composed = append(composed, filepath.Base(file))
		}
	})
	// The three moments of a step and the two of an undo; any other name that is
	// put together would be unknown here.
	require.Equal(t, []string{"plan.go", "plan.go", "plan.go", "plan.go", "plan.go"}, composed)
	return names
}

// eachHit calls f with the argument of each point.Hit in the engine.
func eachHit(t *testing.T, f func(file string, arg ast.Expr)) {
	t.Helper()
	eachFile(t, "../../core", func(path string, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 1 {
				return true
			}
			if name, ok := call.Fun.(*ast.SelectorExpr); ok && name.Sel.Name == "Hit" {
				f(path, call.Args[0])
			}
			return true
		})
	})
}

func eachFile(t *testing.T, root string, f func(path string, file *ast.File)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err == nil {
			f(path, file)
		}
		return err
	})
	require.NoError(t, err)
}

// stepsWithUndo are the steps that have something to undo, as "commit.undo-x":
// entries {lifecycle.StepX, do, undo} of the plans in package cutover.
func stepsWithUndo(t *testing.T) (out []string) {
	t.Helper()
	names := stepNames(t)
	eachFile(t, "../../core/cutover", func(path string, file *ast.File) {
		command := strings.TrimSuffix(filepath.Base(path), ".go")
		ast.Inspect(file, func(n ast.Node) bool {
			entry, ok := n.(*ast.CompositeLit)
			if !ok || entry.Type != nil || len(entry.Elts) != 3 {
				return true
			}
			step, ok := entry.Elts[0].(*ast.SelectorExpr)
			undo, isName := entry.Elts[2].(*ast.Ident)
			if ok && !(isName && undo.Name == "nil") {
				require.Contains(t, names, step.Sel.Name)
				out = append(out, command+".undo-"+names[step.Sel.Name])
			}
			return true
		})
	})
	require.NotEmpty(t, out)
	return out
}

// stepNames are the values of the constants StepX.
func stepNames(t *testing.T) map[string]string {
	t.Helper()
	names := map[string]string{}
	eachFile(t, "../../core/lifecycle", func(_ string, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 && strings.HasPrefix(spec.Names[0].Name, "Step") {
				if literal, ok := spec.Values[0].(*ast.BasicLit); ok {
					names[spec.Names[0].Name] = unquote(t, literal)
				}
			}
			return true
		})
	})
	return names
}

func unquote(t *testing.T, literal *ast.BasicLit) string {
	t.Helper()
	text, err := strconv.Unquote(literal.Value)
	require.NoError(t, err)
	return text
}
