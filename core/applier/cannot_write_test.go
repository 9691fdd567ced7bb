package applier_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// TestDestinationCannotWrite: a full disk or a missing right ends the run with an
// error that says which collection it is about, after the first try; what was not
// written is written by the next run.
func TestDestinationCannotWrite(t *testing.T) {
	p := newPair(t)
	for name, c := range map[string]struct {
		code    int
		command string
		do      func(w *world)
		said    string
	}{
		"full at an insert":  {14031, "insert", func(w *world) { w.many("c", 3) }, "OutOfDiskSpace"},
		"full at an update":  {14031, "update", func(w *world) { w.many("c", 3); w.update("c", d("_id", 1), d("$set", d("x", 1))) }, "OutOfDiskSpace"},
		"full at a create":   {14031, "create", func(w *world) { w.do("create", "c") }, "OutOfDiskSpace"},
		"no right to insert": {13, "insert", func(w *world) { w.many("c", 3) }, "Unauthorized"},
		"no right to delete": {13, "delete", func(w *world) {
			w.many("c", 3)
			w.do("delete", "c", "deletes", bson.A{d("q", d("_id", 1), "limit", 1)})
		}, "Unauthorized"},
		"no right to change a schema": {13, "collMod", func(w *world) {
			w.do("create", "c")
			w.do("collMod", "c", "validationLevel", "off", "validator", d("a", 1))
		}, "Unauthorized"},
	} {
		t.Run(name, func(t *testing.T) {
			w := p.world(t)
			heal := fail(t, p.b, "alwaysOn", d("errorCode", c.code), c.command)
			cfg := w.config()
			r := w.run(cfg)
			c.do(w)
			err := r.wait()
			require.ErrorContains(t, err, w.name+".c")
			require.ErrorContains(t, err, c.said)
			require.LessOrEqual(t, len(w.failures()), cfg.Workers, "it is no failure of the moment, so no worker tries again")
			heal()
			cfg.Start = w.saved
			w.run(cfg).finish()
			w.same()
		})
	}
}
