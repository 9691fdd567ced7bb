package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/revsync/revsync/core/mongotest"
)

const envExample = "EMBEDDING_EXAMPLE"

// TestMain lets this test program be the example.
func TestMain(m *testing.M) {
	if os.Getenv(envExample) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestDocumentsArrive(t *testing.T) {
	a, b := mongotest.Pair(t, mongotest.Options{})
	source := a.Client(t, mongotest.App).Database("shop").Collection("orders")
	destination := b.Client(t, mongotest.App).Database("shop").Collection("orders")
	insert(t, source, 1, 500)
	freezes := a.Client(t, mongotest.App).Database("operations").Collection("freezes")
	insert(t, freezes, 1, 1)
	example := start(t, a.URI(mongotest.Sync), b.URI(mongotest.Sync))
	require.Eventually(t, func() bool { return strings.Contains(example.said(t), "FREEZE") }, time.Minute, 20*time.Millisecond)
	names, err := b.Client(t, mongotest.App).ListDatabaseNames(t.Context(), bson.D{{Key: "name", Value: "shop"}})
	require.NoError(t, err)
	require.Empty(t, names, "the program's own check lets nothing begin")
	_, err = freezes.DeleteMany(t.Context(), bson.D{})
	require.NoError(t, err)
	waitFor(t, destination, 500)
	insert(t, source, 501, 600)
	waitFor(t, destination, 600)
	stop(t, example)

	insert(t, source, 601, 650)
	example = start(t, a.URI(mongotest.Sync), b.URI(mongotest.Sync))
	waitFor(t, destination, 650)
	stop(t, example)
}

// example is the program at work, with the file that it logs to.
type example struct {
	*exec.Cmd
	log string
}

func (e example) said(t *testing.T) string {
	text, err := os.ReadFile(e.log)
	require.NoError(t, err)
	return string(text)
}

func start(t *testing.T, cluster0, cluster1 string) example {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envExample+"=1", "CLUSTER0="+cluster0, "CLUSTER1="+cluster1)
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	defer log.Close() //nolint:errcheck // the example has its own
	cmd.Stdout, cmd.Stderr = log, log
	require.NoError(t, cmd.Start())
	e := example{cmd, log.Name()}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it has ended if the test has passed
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(e.said(t))
		}
	})
	return e
}

// stop asks the example to stop; it must end in good order.
func stop(t *testing.T, e example) {
	require.NoError(t, e.Process.Signal(syscall.SIGTERM))
	require.NoError(t, e.Wait())
}

func insert(t *testing.T, coll *mongo.Collection, from, to int) {
	for i := from; i <= to; i++ {
		_, err := coll.InsertOne(t.Context(), bson.D{{Key: "_id", Value: i}, {Key: "total", Value: i * 3}})
		require.NoError(t, err)
	}
}

// waitFor waits until the documents 1 ... n are there, with their content.
func waitFor(t *testing.T, coll *mongo.Collection, n int) {
	require.Eventually(t, func() bool {
		count, err := coll.CountDocuments(t.Context(), bson.D{})
		return err == nil && count == int64(n)
	}, time.Minute, 20*time.Millisecond)
	cursor, err := coll.Find(t.Context(), bson.D{})
	require.NoError(t, err)
	var docs []struct {
		ID    int `bson:"_id"`
		Total int
	}
	require.NoError(t, cursor.All(t.Context(), &docs))
	require.Len(t, docs, n)
	for _, d := range docs {
		require.Equal(t, d.ID*3, d.Total)
	}
}

// TestFifteenLines counts the lines that hold code, apart from the package
// clause, imports, comments, and brackets that close.
func TestFifteenLines(t *testing.T) {
	text, err := os.ReadFile("main.go")
	require.NoError(t, err)
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "main.go", text, 0)
	require.NoError(t, err)
	first := 0
	for _, d := range file.Decls {
		if imports, ok := d.(*ast.GenDecl); !ok || imports.Tok != token.IMPORT {
			first = files.Position(d.Pos()).Line
			break
		}
	}
	count := 0
	for _, line := range strings.Split(string(text), "\n")[first-1:] {
		code, _, _ := strings.Cut(line, "// ")
		if strings.Trim(code, "\t )}") != "" {
			count++
		}
	}
	require.Positive(t, count)
	require.LessOrEqual(t, count, 15)
}
