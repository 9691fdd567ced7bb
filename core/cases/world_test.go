//go:build unix

package cases_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/cases"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/mongotest/judge"
)

// world is one case on its clusters.
type world struct {
	*pair
	t      *testing.T
	ctx    context.Context
	path   string
	is     cases.Case
	run    string  // the name of the run
	source int     // the side that users write to
	epoch  int     // how often the direction was reversed
	engine *engine // nil before the first launch
	began  bool    // the sync was started
	open   map[string]transaction
	writer *writer
}

func newWorld(t *testing.T, p *pair, path string, c cases.Case) *world {
	w := &world{pair: p, t: t, path: path, is: c, open: map[string]transaction{}}
	ctx, cancel := context.WithTimeoutCause(t.Context(), 3*time.Minute, fmt.Errorf("the case takes longer than three minutes"))
	w.ctx = ctx
	t.Cleanup(func() { cancel(); w.end() })
	return w
}

func (w *world) end() {
	if w.writer != nil {
		w.writer.stop()
	}
	for _, tx := range w.open {
		tx.session.EndSession(context.Background())
	}
	if w.engine == nil {
		return
	}
	w.engine.kill()
	if w.t.Failed() || os.Getenv("CASES_LOG") != "" {
		w.t.Logf("end of the engine's output:\n%s", w.engine.out.tail(80))
	}
}

// play plays all runs of the case.
func (w *world) play() {
	for _, w.run = range w.is.Runs() {
		began := time.Now()
		switch w.run {
		case "copy":
			w.copyRun()
		case "reverse":
			w.reverseRun()
		case "replay":
			w.replayRun()
		case "forward":
			w.scriptRun()
		default:
			w.t.Fatalf("unknown run %q", w.run)
		}
		w.t.Logf("%s: %.1f s", w.run, time.Since(began).Seconds())
	}
}

func (w *world) must(err error, what string) {
	w.t.Helper()
	require.NoError(w.t, err, "run %s: %s", w.run, what)
}

// section plays the statements of a section.
func (w *world) section(name string) {
	w.t.Helper()
	for _, s := range w.is.Sections[name] {
		if err := w.execute(s); err != nil {
			w.t.Fatalf("run %s: %s.case:%d: %s\n%v", w.run, w.is.Name, s.Line, s.Text, err)
		}
	}
}

// copyRun has the initial sync and the changes during it.
func (w *world) copyRun() {
	w.section("before")
	point := ""
	if len(w.is.Sections["during"]) > 0 {
		point = "stop " + w.is.Header("suspend", "copy.schema.done")
	}
	w.must(w.launch(point), "launch")
	w.must(w.start(""), "start")
	if point != "" {
		w.must(w.engine.atPoint(), "suspended")
		w.section("during")
		w.must(w.resume(), "continue")
	}
	w.must(w.applied(), "wait applied")
	w.finish()
}

// reverseRun has the sync reversed already or reverses it, and everything
// arrives by change event application.
func (w *world) reverseRun() {
	w.turn()
	if _, scripted := w.is.Sections["script"]; scripted {
		w.scriptRun()
		return
	}
	w.section("before")
	w.section("during")
	w.must(w.applied(), "wait applied")
	w.finish()
}

// turn reverses and empties both clusters through the sync.
func (w *world) turn() {
	w.must(w.reverse(), "reverse")
	names, err := w.databases(w.ctx, w.source)
	w.must(err, "list the databases")
	for _, name := range names {
		w.must(w.clients[w.source][mongotest.DDL].Database(name).Drop(w.ctx), "drop "+name)
	}
}

// replayRun is reverseRun with every change, or every schema change, applied twice.
func (w *world) replayRun() {
	switch kind := w.is.Replay(); kind {
	case "no":
	case "data":
		w.turn()
		w.replayData()
		w.finish()
	case "ddl":
		w.turn()
		w.replayDDL()
		w.finish()
	default:
		w.t.Fatalf("unknown replay %q", kind)
	}
}

// replayData keeps the position from being stored while during is applied.
func (w *world) replayData() {
	w.section("before")
	w.must(w.applied(), "wait applied")
	to := 1 - w.source
	_, err := w.admin(w.ctx, to, "configureFailPoint", "failCommand", "mode", "alwaysOn", "data",
		d("failCommands", []string{"update"}, "namespace", "revsync_internal.record", "errorCode", 112, "appName", "revsync"))
	w.must(err, "keep the position")
	w.section("during")
	w.must(w.applied(), "wait applied")
	w.engine.kill()
	_, err = w.admin(w.ctx, to, "configureFailPoint", "failCommand", "mode", "off")
	w.must(err, "let the position go")
	w.must(w.launch(""), "launch again")
	w.must(w.applied(), "wait applied again")
	p, err := w.engine.progress()
	w.must(err, "progress")
	require.NotEqual(w.t, "0", p.text("totalEventsApplied"), "nothing was replayed")
}

// replayDDL kills the engine right after each schema change, which each life
// but the first repeats before it comes to the next one.
func (w *world) replayDDL() {
	w.section("before")
	w.must(w.applied(), "wait applied")
	w.must(w.engine.stop(), "stop")
	w.must(w.launch("apply.ddl.after"), "launch")
	w.must(w.engine.state("RUNNING"), "taken up")
	w.section("during")
	at, err := w.now(w.source)
	w.must(err, "note")
	lives := 1
	for ; ; lives++ {
		err := w.engine.until("everything is applied", func(p progress) bool { return p.applied().Compare(at) >= 0 })
		if err == nil {
			break
		}
		w.must(w.engine.dies(), "death after a schema change, not "+err.Error())
		w.must(w.launch("apply.ddl.after#2"), "launch again")
	}
	require.Greater(w.t, lives, 1, "no schema change was replayed")
}

// scriptRun is the case's own script.
func (w *world) scriptRun() {
	w.section("before")
	w.section("script")
	if w.is.Header("equal", "yes") == "yes" {
		w.must(w.equal(), "equal")
	}
	w.section("after")
}

// finish commits and compares.
func (w *world) finish() {
	w.t.Helper()
	w.must(w.commit(), "commit")
	w.must(w.equal(), "equal")
	w.section("after")
}

// equal compares both clusters by a scan that shares no code with the engine.
func (w *world) equal() error {
	diff, err := judge.Compare(w.ctx, w.clients[0][mongotest.Root], w.clients[1][mongotest.Root])
	if err != nil {
		return err
	}
	return diff.Err()
}

// now is a time on a side that nothing written before is later than.
func (w *world) now(side int) (lifecycle.OpTime, error) {
	raw, err := w.admin(w.ctx, side, "appendOplogNote", 1, "data", d("case", w.is.Name), "writeConcern", d("w", "majority"))
	if err != nil {
		return lifecycle.OpTime{}, err
	}
	t, i, _ := raw.Lookup("operationTime").TimestampOK()
	return lifecycle.OpTime{T: t, I: i}, nil
}
