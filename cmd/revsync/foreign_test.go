//go:build unix

package main_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mongotest"
)

// TestRefusedClusters has a sync under way, and gives the server clusters that
// are not the sync's, or a record that it cannot know. It says so, ends with an
// exit code, and changes nothing: with the right command line it goes on.
func TestRefusedClusters(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plain)
	w.load()
	w.launch()
	w.server.state("IDLE")
	w.server.post("start", startBody)
	w.canCommit()
	w.server.stop()
	zero, one := w.sides[0].URI(mongotest.Sync), w.sides[1].URI(mongotest.Sync)
	other := mongotest.New(t, mongotest.Options{Name: "other"}).URI(mongotest.Sync)
	record := w.record(1)

	w.refusesToRun("swapped", "--cluster0", one, "--cluster1", zero)
	w.refusesToRun("other clusters", "--cluster0", other, "--cluster1", one)
	w.refusesToRun("other clusters", "--cluster0", one, "--cluster1", other)
	w.refusesToRun("the same replica set", "--cluster0", one, "--cluster1", w.sides[1].Members()[0].URI(mongotest.Sync))
	w.refusesToRun("the same connection string", "--cluster0", one, "--cluster1", one)
	require.Equal(t, record, w.record(1), "the record is as it was")

	records := w.client(1, mongotest.Root).Database("revsync_internal").Collection("record")
	for because, change := range map[string]bson.D{
		"use the revsync version that wrote it": d("format", 2),
		`state "FAILED", which is never stored`: d("state", "FAILED"),
		"cannot be read":                        d("epoch", "three"),
		"at step 99":                            d("state", "COMMITTING", "step", 99),
	} {
		_, err := records.UpdateOne(t.Context(), d(), d("$set", change))
		require.NoError(t, err)
		broken := w.record(1)
		w.refusesToRun(because, "--cluster0", zero, "--cluster1", one)
		require.Equal(t, broken, w.record(1), "a record that is refused is left alone")
		_, err = records.ReplaceOne(t.Context(), d(), record)
		require.NoError(t, err)
	}

	w.insert(0, "shop", "users", d("_id", "late", "email", "late", "number", -1))
	w.launch()
	w.canCommit()
	w.server.post("commit", "{}")
	w.server.state("COMMITTED")
	w.equal()
}

// record is the record as it is stored on a side.
func (w *world) record(side int) (doc bson.Raw) {
	w.t.Helper()
	doc, err := w.client(side, mongotest.Root).Database("revsync_internal").Collection("record").FindOne(w.t.Context(), d()).Raw()
	require.NoError(w.t, err)
	return doc
}

// refusesToRun wants the server to say why and to end by itself.
func (w *world) refusesToRun(because string, args ...string) {
	w.t.Helper()
	s := launch(w.t, w.path, nil, append([]string{"serve", "--port", "0"}, args...)...)
	require.Equal(w.t, 1, s.exit(15*time.Second).ExitCode())
	out := s.out.String()
	_, said, _ := strings.Cut(out, "\nrevsync: ") // the last line, for who started it by hand
	require.Contains(w.t, said, because)
	require.Contains(w.t, out, `"level":"fatal"`)
}

// TestWrongPassword has a server log in with a password that is not right.
func TestWrongPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plain)
	wrong := strings.Replace(w.sides[1].URI(mongotest.Sync), mongotest.Sync.Password(), wrongPassword, 1)
	require.Contains(t, wrong, wrongPassword)
	w.refusesToRun("AuthenticationFailed", "--cluster0", w.sides[0].URI(mongotest.Sync), "--cluster1", wrong)
}
