package cutover_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/lifecycle"
)

// The model explores every interleaving of the two plans, as lifecycle orders
// them, with users who write wherever it is open and a process that may crash
// between any two commands or find that a step has failed. A step is one
// command, a write is one bit, a position is a length of a side's log.

const (
	maxWrites = 3
	maxLog    = 10
	maxEpoch  = 3
)

type modelRecord struct {
	exists        bool
	epoch         int
	state         lifecycle.State
	step          int
	undo          bool
	source        int
	position      int
	reversePoint  int
	reverseStored bool
}

type world struct {
	record  [2]modelRecord
	fenced  [2]bool
	relaxed [2]bool
	catalog [2]int // epoch + 1 of the originals kept on that side; 0 for none
	log     [2][maxLog]int8
	length  [2]int
	have    [2]uint8 // the writes a side holds
	acked   uint8
	writes  int
	did     bool // the current step's command was sent in this life
	seen    int  // what it found out: the reverse point
}

// rules are what a mutant breaks.
type rules struct {
	commit, reverse lifecycle.Plan
	noDrain         bool // drain answers at once
	lateReverse     bool // the reverse point is read after the destination was opened
	silentUndo      bool // an undo acts before it is recorded
}

func ours() rules { return rules{commit: lifecycle.CommitPlan, reverse: lifecycle.ReversePlan} }

func (r rules) plan(s lifecycle.State) (lifecycle.Plan, bool) {
	switch s {
	case lifecycle.Committing:
		return r.commit, true
	case lifecycle.Reversing:
		return r.reverse, true
	}
	return lifecycle.Plan{}, false
}

// current is the record of the highest epoch.
func (w *world) current() int {
	best := -1
	for side, r := range w.record {
		if r.exists && (best < 0 || r.epoch > w.record[best].epoch) {
			best = side
		}
	}
	return best
}

type move struct {
	to   world
	what string
}

// moves lists everything that can happen next.
func (r rules) moves(w world) (out []move) {
	for side := range 2 {
		if !w.fenced[side] && w.writes < maxWrites && w.length[side] < maxLog {
			n := w
			n.append(side, int8(n.writes))
			n.acked |= 1 << n.writes
			n.writes++
			out = append(out, move{n, fmt.Sprintf("user writes %d on %d", n.writes, side)})
		}
	}
	if w.did {
		n := w
		n.did, n.seen = false, 0
		out = append(out, move{n, "crash"})
	}
	return append(out, r.engine(w)...)
}

func (w *world) append(side int, id int8) {
	w.log[side][w.length[side]] = id
	w.length[side]++
	w.have[side] |= 1 << id
}

// engine is what the owner can do, derived from the record alone.
func (r rules) engine(w world) (out []move) {
	at := w.current()
	if at < 0 {
		return nil
	}
	rec := w.record[at]
	to := 1 - rec.source
	if r.applying(rec) && rec.position < w.length[rec.source] && w.length[to] < maxLog {
		n := w
		if id := w.log[rec.source][rec.position]; n.have[to]&(1<<id) == 0 {
			n.append(to, id)
		}
		n.record[at].position++
		out = append(out, move{n, "apply a change"})
	}
	plan, busy := r.plan(rec.state)
	switch {
	case !busy && rec.state == lifecycle.Running:
		return append(out, w.recorded(at, "COMMITTING", func(x *modelRecord) { x.state = lifecycle.Committing }))
	case !busy && rec.epoch < maxEpoch:
		return append(out, w.recorded(at, "REVERSING", func(x *modelRecord) { x.state = lifecycle.Reversing }))
	case !busy:
		return out
	case rec.undo:
		return append(out, r.undoing(w, at, plan)...)
	}
	return append(out, r.stepping(w, at, plan)...)
}

// applying: changes flow while running and until a commit has drained.
func (r rules) applying(rec modelRecord) bool {
	drained := slices.Index(r.commit.Steps, lifecycle.StepDrain)
	return rec.state == lifecycle.Running || rec.state == lifecycle.Committing && !rec.undo && rec.step <= drained
}

func (w world) recorded(at int, what string, change func(*modelRecord)) move {
	change(&w.record[at])
	w.did, w.seen = false, 0
	return move{w, "record: " + what}
}

func (r rules) stepping(w world, at int, plan lifecycle.Plan) (out []move) {
	rec := w.record[at]
	if rec.step == len(plan.Steps) {
		return []move{w.recorded(at, "plan done", func(x *modelRecord) {
			x.state, x.step = lifecycle.Committed, 0
			if plan.Command == lifecycle.Reverse {
				x.state = lifecycle.Running
			}
			if r.lateReverse && plan.Command == lifecycle.Commit {
				x.reversePoint, x.reverseStored = w.length[1-x.source], true
			}
		})}
	}
	if rec.step < plan.NoReturn {
		if r.silentUndo {
			n := w
			n.undo(plan.Steps[0], at)
			out = append(out, move{n, "undo acted out without a record"})
		} else {
			out = append(out, w.recorded(at, "undo begins", func(x *modelRecord) { x.undo = true }))
		}
	}
	step := plan.Steps[rec.step]
	if w.did {
		return append(out, w.recorded(at, "done "+string(step), func(x *modelRecord) {
			x.step++
			if step == lifecycle.StepReversePoint && !r.lateReverse {
				x.reversePoint, x.reverseStored = w.seen, true
			}
		}))
	}
	n := w
	if r.do(&n, step, at) {
		n.did = n.current() == at || step == lifecycle.StepRetire
		out = append(out, move{n, string(step)})
	}
	return out
}

// do carries a step's command out; false when it has to wait.
func (r rules) do(w *world, s lifecycle.Step, at int) bool {
	rec := w.record[at]
	from, to := rec.source, 1-rec.source
	switch s {
	case lifecycle.StepFenceSource:
		w.fenced[from] = true
	case lifecycle.StepDrain:
		return r.noDrain || rec.position == w.length[from]
	case lifecycle.StepRestoreDestination:
		w.relaxed[to] = false
	case lifecycle.StepReversePoint:
		w.seen = w.length[to]
	case lifecycle.StepOpenDestination:
		w.fenced[to] = false
	case lifecycle.StepHandOver:
		w.catalog[from] = rec.epoch + 2
	case lifecycle.StepRelax:
		w.relaxed[from] = true
	case lifecycle.StepSwitch:
		w.record[from] = modelRecord{exists: true, epoch: rec.epoch + 1, state: lifecycle.Reversing, step: slices.Index(r.reverse.Steps, s) + 1,
			source: to, position: rec.reversePoint}
	case lifecycle.StepRetire:
		w.record[rec.source], w.catalog[rec.source] = modelRecord{}, 0
	}
	return true
}

func (r rules) undoing(w world, at int, plan lifecycle.Plan) []move {
	rec := w.record[at]
	if !w.did {
		n := w
		n.undo(plan.Steps[rec.step], at)
		n.did = true
		return []move{{n, "undo " + string(plan.Steps[rec.step])}}
	}
	return []move{w.recorded(at, "undone "+string(plan.Steps[rec.step]), func(x *modelRecord) {
		if x.step--; x.step >= 0 {
			return
		}
		x.step, x.undo, x.state = 0, false, lifecycle.Running
		if plan.Command == lifecycle.Reverse {
			x.state = lifecycle.Committed
		}
	})}
}

func (w *world) undo(s lifecycle.Step, at int) {
	from, to := w.record[at].source, 1-w.record[at].source
	switch s {
	case lifecycle.StepFenceSource:
		w.fenced[from] = false
	case lifecycle.StepRestoreDestination:
		w.relaxed[to] = true
	case lifecycle.StepHandOver:
		w.catalog[from] = 0
	case lifecycle.StepRelax:
		w.relaxed[from] = false
	}
}

// broken names the first promise that a world does not keep.
func (w *world) broken() string {
	at := w.current()
	if at < 0 {
		return "no record: the sync is lost"
	}
	rec := w.record[at]
	to := 1 - rec.source
	if !w.fenced[0] && !w.fenced[1] {
		return "both sides open"
	}
	for side := range 2 {
		switch {
		case !w.fenced[side] && w.have[side] != w.acked:
			return "an open side lacks an acknowledged write"
		case w.relaxed[side] && w.catalog[side] == 0:
			return "a side is relaxed and nobody remembers its originals"
		}
	}
	switch {
	case rec.state == lifecycle.Running && !w.relaxed[to]:
		return "changes are applied to a side that is not relaxed"
	case rec.state == lifecycle.Running && w.catalog[to] != rec.epoch+1:
		return "running without the catalog of the epoch"
	case rec.state == lifecycle.Committed && w.relaxed[to]:
		return "committed with relaxed collections"
	case rec.state == lifecycle.Committed && !rec.reverseStored:
		return "committed without a way back"
	case rec.state == lifecycle.Running && rec.position == w.length[rec.source] && w.have[to] != w.acked:
		return "caught up, yet an acknowledged write is missing"
	}
	return ""
}

// settles: left alone, the engine reaches a stable state with one side open.
func (r rules) settles(w world) string {
	for range 60 {
		at := w.current()
		if at < 0 {
			return "no record: the sync is lost"
		}
		if _, busy := r.plan(w.record[at].state); !busy {
			if w.fenced[0] == w.fenced[1] {
				return "a stable state without exactly one side open"
			}
			return ""
		}
		next := r.engine(w)
		i := slices.IndexFunc(next, func(m move) bool {
			return m.what != "record: undo begins" && m.what != "undo acted out without a record"
		})
		if i < 0 {
			return "stuck"
		}
		w = next[i].to
	}
	return "does not settle"
}

func start() world {
	var w world
	w.record[1] = modelRecord{exists: true, state: lifecycle.Running}
	w.fenced[1], w.relaxed[1], w.catalog[1] = true, true, 1
	return w
}

// explore visits every reachable world and answers the first broken promise
// with the way to it, and how many worlds there are.
func (r rules) explore() (broken string, trace []string, worlds int) {
	type origin struct {
		from world
		what string
	}
	first := start()
	seen := map[world]origin{first: {}}
	for queue := []world{first}; len(queue) > 0; queue = queue[1:] {
		w := queue[0]
		if broken = w.broken(); broken == "" {
			broken = r.settles(w)
		}
		if broken != "" {
			for x := w; seen[x].what != ""; x = seen[x].from {
				trace = append(trace, seen[x].what)
			}
			slices.Reverse(trace)
			return broken, trace, len(seen)
		}
		for _, m := range r.moves(w) {
			if _, known := seen[m.to]; !known {
				seen[m.to] = origin{w, m.what}
				queue = append(queue, m.to)
			}
		}
	}
	return "", nil, len(seen)
}

func TestPlansKeepEveryPromise(t *testing.T) {
	broken, trace, worlds := ours().explore()
	require.Empty(t, broken, "after: %v", trace)
	require.Greater(t, worlds, 1000, "the model must explore something")
	t.Logf("%d worlds", worlds)
}

// TestModelCatchesMutants: a model that finds nothing proves nothing.
func TestModelCatchesMutants(t *testing.T) {
	swap := func(p lifecycle.Plan, a, b lifecycle.Step) lifecycle.Plan {
		p.Steps = slices.Clone(p.Steps)
		i, j := slices.Index(p.Steps, a), slices.Index(p.Steps, b)
		p.Steps[i], p.Steps[j] = b, a
		return p
	}
	mutants := map[string]func(*rules){
		"open before the reverse point": func(r *rules) {
			r.commit = swap(r.commit, lifecycle.StepReversePoint, lifecycle.StepOpenDestination)
		},
		"reverse point at COMMITTED":          func(r *rules) { r.lateReverse = true },
		"commit without drain":                func(r *rules) { r.noDrain = true },
		"undo that is not recorded":           func(r *rules) { r.silentUndo = true },
		"relax before the originals are kept": func(r *rules) { r.reverse = swap(r.reverse, lifecycle.StepHandOver, lifecycle.StepRelax) },
		"retire before the switch":            func(r *rules) { r.reverse = swap(r.reverse, lifecycle.StepSwitch, lifecycle.StepRetire) },
		"open before the drain":               func(r *rules) { r.commit = swap(r.commit, lifecycle.StepDrain, lifecycle.StepOpenDestination) },
		"drain before the fence":              func(r *rules) { r.commit = swap(r.commit, lifecycle.StepFenceSource, lifecycle.StepDrain) },
		"no return too late":                  func(r *rules) { r.commit.NoReturn++ },
		"switch can be undone":                func(r *rules) { r.reverse.NoReturn++ },
	}
	for name, damage := range mutants {
		t.Run(name, func(t *testing.T) {
			r := ours()
			damage(&r)
			broken, trace, _ := r.explore()
			require.NotEmpty(t, broken, "the model must notice")
			t.Logf("%s, after %d moves", broken, len(trace))
		})
	}
}
