package workload

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Run is traffic under way. Its methods may be called from any goroutine.
type Run struct {
	options Options
	workers []*worker
	group   sync.WaitGroup
	stop    chan struct{} // closed by Stop
	once    sync.Once

	mu      sync.Mutex
	changed chan struct{} // closed and replaced whenever something below changes
	side    side
	parked  int
	ended   int
	tally   tally
}

// worker drives one client.
type worker struct {
	client       client
	kind         Kind
	number       int
	acknowledged int64         // under Run.mu, as is
	journal      *json.Encoder // nil without one
}

// Start prepares the collections and sets all clients going. They go on until
// Stop, or until ctx ends; Stop must be called in any case.
func Start(ctx context.Context, o Options) (*Run, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	r := &Run{options: o, stop: make(chan struct{}), changed: make(chan struct{}),
		side: side{app: o.Client, ddl: o.DDLClient}, tally: tally{kinds: map[Kind]Counts{}}}
	for _, kind := range Kinds() { // in this order, so that a seed means the same for any choice
		if slices.Contains(o.Kinds, kind) {
			r.hire(kind)
		}
	}
	if err := r.prepare(ctx); err != nil {
		return nil, fmt.Errorf("prepare the workload's collections: %w", err)
	}
	for _, w := range r.workers {
		r.group.Go(func() {
			r.drive(ctx, w)
			r.change(func() { r.ended++ })
		})
	}
	return r, nil
}

func (r *Run) hire(kind Kind) {
	for number := range r.options.Clients {
		id := identity{number: number, database: r.options.Database, killed: r.options.ServersAreKilled,
			random: rand.New(rand.NewPCG(r.options.Seed, seedOf(kind, number)))}
		w := &worker{client: makers[kind](id), kind: kind, number: number}
		if r.options.Journal != nil {
			w.journal = json.NewEncoder(r.options.Journal(kind, number))
		}
		r.workers = append(r.workers, w)
	}
}

// seedOf gives each client a sequence of its own.
func seedOf(kind Kind, number int) uint64 {
	return uint64(slices.Index(Kinds(), kind))<<32 | uint64(number)
}

func (r *Run) prepare(ctx context.Context) error {
	own := bson.Regex{Pattern: "^" + regexp.QuoteMeta(r.options.Database) + "(" + ddlInfix + ".*)?$"}
	names, err := r.side.ddl.ListDatabaseNames(ctx, d("name", own))
	if err != nil {
		return err
	}
	if len(names) > 0 {
		return fmt.Errorf("the database %s exists already: name another than %s", names[0], r.options.Database)
	}
	for _, w := range r.workers {
		if err := w.client.prepare(ctx, r.side); err != nil {
			return fmt.Errorf("%s client %d: %w", w.kind, w.number, err)
		}
	}
	return nil
}

// drive is the life of one client.
func (r *Run) drive(ctx context.Context, w *worker) {
	ticker := time.NewTicker(r.options.interval())
	defer ticker.Stop()
	for done := 0; done < r.options.Operations || r.options.Operations == 0; done++ {
		select {
		case <-ticker.C:
		case <-r.stop:
			return
		case <-ctx.Done():
			return
		}
		s := r.current()
		invoked := time.Now()
		a, stamp := step(ctx, w.client, s)
		r.note(w, s, invoked, stamp, a)
		if a.outcome == Refused && !r.park(ctx, s) {
			return
		}
	}
}

func step(ctx context.Context, c client, s side) (answer, Stamp) {
	ctx, cancel := context.WithTimeout(ctx, operationTimeout)
	defer cancel()
	ctx, stamped := withStamp(ctx)
	a := c.step(ctx, s)
	return a, stamped()
}

func (r *Run) current() side {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.side
}

// Stop lets every client end its operation, and returns when all have. It may be
// called again.
func (r *Run) Stop() Report {
	r.once.Do(func() { close(r.stop) })
	r.group.Wait()
	return r.Report()
}
