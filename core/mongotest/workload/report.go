package workload

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"golang.org/x/sync/errgroup"
)

// maxFailures bounds how many failures are kept; all are counted.
const maxFailures = 50

// Report says how the operations of a run have ended.
type Report struct {
	Total Counts
	Kinds map[Kind]Counts
	// Failures are operations that had to work and did not, the first 50.
	Failures []string
}

// Counts has the number of operations of each outcome.
type Counts struct{ Acknowledged, Refused, Aborted, Unknown, Failed int64 }

func (c *Counts) add(o Outcome) {
	switch o {
	case Acknowledged:
		c.Acknowledged++
	case Refused:
		c.Refused++
	case Aborted:
		c.Aborted++
	case Unknown:
		c.Unknown++
	default:
		c.Failed++
	}
}

// tally counts answers and keeps failures.
type tally struct {
	total    Counts
	kinds    map[Kind]Counts
	failures []string
}

// entry is one line of the journal.
type entry struct {
	Invoked time.Time `json:"invoked"`
	At      time.Time `json:"at"`   // of the answer
	Side    int       `json:"side"` // counts the calls of Switch
	Kind    Kind      `json:"kind"`
	Client  int       `json:"client"`
	What    string    `json:"what"`
	Outcome Outcome   `json:"outcome"`
	Error   string    `json:"error,omitempty"`
	Stamp
}

// note takes an answer in.
func (r *Run) note(w *worker, s side, invoked time.Time, stamp Stamp, a answer) {
	e := entry{Invoked: invoked.UTC(), At: time.Now().UTC(), Side: s.number, Kind: w.kind, Client: w.number,
		What: a.what, Outcome: a.outcome, Stamp: stamp}
	if a.err != nil {
		e.Error = a.err.Error()
	}
	r.change(func() {
		if a.outcome == Acknowledged {
			w.acknowledged++
		}
		r.tally.note(e)
		r.tally.write(w, e)
	})
}

func (t *tally) note(e entry) {
	t.total.add(e.Outcome)
	kind := t.kinds[e.Kind]
	kind.add(e.Outcome)
	t.kinds[e.Kind] = kind
	if e.Outcome == Failed && len(t.failures) < maxFailures {
		t.failures = append(t.failures, fmt.Sprintf("%s client %d on side %d: %s: %s", e.Kind, e.Client, e.Side, e.What, e.Error))
	}
}

// write writes a line of history.
func (t *tally) write(w *worker, e entry) {
	if w.journal == nil {
		return
	}
	if err := w.journal.Encode(e); err != nil {
		t.failures, w.journal = append(t.failures, "the journal cannot be written: "+err.Error()), nil
	}
}

// Report says how things stand; clients may be at work.
func (r *Run) Report() Report {
	report := Report{Kinds: map[Kind]Counts{}}
	r.look(func() {
		report.Total = r.tally.total
		for kind, counts := range r.tally.kinds {
			report.Kinds[kind] = counts
		}
		report.Failures = append(report.Failures, r.tally.failures...)
	})
	return report
}

// Verify compares a side with all answers so far, and returns everything that is
// wrong, failures of the run included. The reader may be any user who can read
// everything. No client may be at work: call it after Stop or WaitClosed.
func (r *Run) Verify(ctx context.Context, reader *mongo.Client) error {
	var quiet bool
	r.look(func() { quiet = r.quiet() })
	if !quiet {
		return errors.New("clients are at work: call Stop, or WaitClosed on a closed side, before Verify")
	}
	s := side{app: reader, ddl: reader}
	errs := make([]error, len(r.workers))
	var group errgroup.Group
	group.SetLimit(4)
	for i, w := range r.workers {
		group.Go(func() error {
			if err := w.client.check(ctx, s); err != nil {
				errs[i] = fmt.Errorf("%s client %d: %w", w.kind, w.number, err)
			}
			return nil
		})
	}
	_ = group.Wait() // every client is asked, so the errors are in errs
	for _, failure := range r.Report().Failures {
		errs = append(errs, errors.New(failure))
	}
	return errors.Join(errs...)
}
