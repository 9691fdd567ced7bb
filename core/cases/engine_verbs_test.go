//go:build unix

package cases_test

import (
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/revsync/revsync/core/cases"
	"github.com/revsync/revsync/core/mongotest"
)

// launch runs the binary, armed for a point or not, and waits until it is
// connected or has ended.
func (w *world) launch(point string) error {
	if w.engine != nil && w.engine.running() {
		if err := w.engine.stop(); err != nil {
			return err
		}
	}
	return w.launchWith(point, 0, 1)
}

// launchWith names the sides that the command line gives as cluster0 and cluster1.
func (w *world) launchWith(point string, zero, one int) (err error) {
	w.engine, err = launch(w.path, point, "serve", "--port", "0", "--verbosity", "INFO",
		"--cluster0", w.sets[zero].URI(mongotest.Sync), "--cluster1", w.sets[one].URI(mongotest.Sync))
	return err
}

// start begins the sync, with options such as `"buildIndexes":"never"`.
func (w *world) start(options string) error {
	if w.began {
		return nil // in a run after the first
	}
	if w.engine == nil {
		if err := w.launch(""); err != nil {
			return err
		}
	}
	if err := w.engine.state("IDLE"); err != nil {
		return err
	}
	w.began = true
	return w.engine.post("start", startBody(options))
}

func startBody(options string) string {
	body := `{"source":"cluster0","destination":"cluster1"`
	if !strings.Contains(options, `"reversible"`) {
		body += `,"reversible":true`
	}
	if options != "" {
		body += "," + options
	}
	return body + "}"
}

// resume lets a suspended engine go on.
func (w *world) resume() error { return w.engine.cmd.Process.Signal(syscall.SIGCONT) }

// applied waits until all that was written so far has arrived.
func (w *world) applied() error {
	at, err := w.now(w.source)
	if err != nil {
		return err
	}
	return w.engine.until("everything is applied", func(p progress) bool {
		// During the initial sync the position is where the changes will begin.
		return p.state() == "RUNNING" && p["canCommit"] == true && p.applied().Compare(at) >= 0
	})
}

func (w *world) canCommit() error {
	return w.engine.until("canCommit", func(p progress) bool { return p["canCommit"] == true })
}

func (w *world) commit() error {
	if err := w.canCommit(); err != nil {
		return err
	}
	if err := w.engine.post("commit", "{}"); err != nil {
		return err
	}
	return w.engine.state("COMMITTED")
}

// reverse turns the direction round; from then on users write to the other side.
func (w *world) reverse() error {
	if err := w.engine.post("reverse", "{}"); err != nil {
		return err
	}
	w.epoch++
	w.source = 1 - w.source
	return w.engine.until("RUNNING", func(p progress) bool { return p.state() == "RUNNING" && p.text("epoch") == fmt.Sprint(w.epoch) })
}

// engineVerbs are the statements about the engine.
var engineVerbs = map[string]func(w *world, s cases.Statement) error{
	"start": func(w *world, s cases.Statement) error {
		return w.start(inner(s.Arg(1)))
	},
	"launch":    (*world).launchVerb,
	"restart":   func(w *world, _ cases.Statement) error { return w.launch("") },
	"kill":      func(w *world, _ cases.Statement) error { w.engine.kill(); return nil },
	"dies":      func(w *world, _ cases.Statement) error { return w.engine.dies() },
	"suspended": func(w *world, _ cases.Statement) error { return w.engine.atPoint() },
	"continue":  func(w *world, _ cases.Statement) error { return w.resume() },
	"commit":    func(w *world, _ cases.Statement) error { return w.commit() },
	"reverse":   func(w *world, _ cases.Statement) error { return w.reverse() },
	"post":      (*world).postVerb,
	"refused":   (*world).refusedVerb,
	"wait":      (*world).waitVerb,
	"exits":     (*world).exitsVerb,
	"terminate": (*world).terminateVerb,
	"server":    (*world).serverVerb,
	"record":    (*world).recordVerb,
	"failpoint": (*world).failPointVerb,
	"hold":      (*world).holdVerb,
	"release":   (*world).releaseVerb,
}

func (w *world) launchVerb(s cases.Statement) error {
	switch s.Arg(1) {
	case "crash":
		return w.launch(s.Arg(2))
	case "suspend":
		return w.launch("stop " + s.Arg(2))
	case "swapped":
		if err := w.engine.stop(); err != nil {
			return err
		}
		return w.launchWith("", 1, 0)
	}
	return w.launch("")
}

// inner is what stands between the outer brackets of an object.
func inner(object string) string {
	return strings.TrimSuffix(strings.TrimPrefix(object, "{"), "}")
}

func bodyOf(command, options string) string {
	if command == "start" {
		return startBody(inner(options))
	}
	return "{}"
}

func (w *world) postVerb(s cases.Statement) error {
	return w.engine.post(s.Arg(1), bodyOf(s.Arg(1), s.Arg(2)))
}

func (w *world) refusedVerb(s cases.Statement) error {
	options := ""
	if s.Arg(4) != "" {
		options = s.Arg(4)
	}
	r, err := w.engine.call(http.MethodPost, s.Arg(1), bodyOf(s.Arg(1), options))
	if err == nil && (r.Success || r.Error != s.Arg(2) || !strings.Contains(r.ErrorDescription, s.Arg(3))) {
		err = fmt.Errorf("the answer was success %v, %s: %s", r.Success, r.Error, r.ErrorDescription)
	}
	return err
}

func (w *world) waitVerb(s cases.Statement) error {
	switch s.Arg(1) {
	case "applied":
		return w.applied()
	case "canCommit":
		return w.canCommit()
	case "state":
		return w.engine.state(s.Arg(2))
	}
	return w.engine.until(s.Text, func(p progress) bool { return strings.Contains(p.text(s.Arg(1)), s.Arg(2)) })
}

// exitsVerb wants the last line, which is for who started it by hand, to say why.
func (w *world) exitsVerb(s cases.Statement) error {
	state, err := w.engine.exit(30 * time.Second)
	if err != nil {
		return err
	}
	_, said, _ := strings.Cut(w.engine.out.String(), "\nrevsync: ")
	if state.ExitCode() != 1 || !strings.Contains(said, s.Arg(1)) {
		return fmt.Errorf("it ended with %s and said %q", state, said)
	}
	return nil
}
