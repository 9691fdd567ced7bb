package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/core/mongotest/workload"
)

// Amounts of data and traffic. The copy is long enough to be met by some faults, and
// two processors are enough for all of it.
const (
	fillBytes       = 12 << 20
	clientsEach     = 2
	writesPerSecond = 8 // of each client
)

// world is two clusters, revsync, and everybody who works and makes trouble there.
type world struct {
	settings
	*reporter
	*tally
	seed     uint64
	dir      string
	journals *journals
	orders   *journal // commands and their answers, and where the users go
	sides    [2]*side
	engine   *engine
	traffic  *workload.Run
	nemesis  *nemesis
	knockers [2]*knocker
	watcher  *watcher
	random   *rand.Rand // of the driver
	open     int        // the side that users write to
}

// live is the whole life of a world. Its files are kept after a failure.
func (w *world) live(ctx context.Context, took time.Duration) (err error) {
	w.say("world with seed %d for %s", w.seed, took.Round(time.Second))
	w.tally.add(func(t *tally) { t.worlds++ })
	w.journals = &journals{dir: w.dir}
	defer func() { err = errors.Join(err, w.close(err == nil)) }()
	if err := w.create(ctx); err != nil {
		return err
	}
	deadline := time.Now().Add(took)
	inner, stop := context.WithCancel(ctx)
	defer stop()
	group, inner := errgroup.WithContext(inner)
	for _, work := range []func(context.Context) error{
		w.engine.watch, w.nemesis.troubleEngine, w.nemesis.troubleServers, w.watcher.work, w.knockers[0].work, w.knockers[1].work,
	} {
		group.Go(func() error { return work(inner) })
	}
	driven := w.drive(inner, deadline)
	stop()
	worked := group.Wait()
	if worked != nil && (errors.Is(driven, worked) || errors.Is(driven, context.Canceled)) {
		driven = nil // it was the other error that ended it
	}
	return errors.Join(worked, driven, w.last(ctx, driven == nil && worked == nil))
}

// create brings everything into being, with data on cluster0.
func (w *world) create(ctx context.Context) (err error) {
	group, inner := errgroup.WithContext(ctx)
	for i := range w.sides {
		group.Go(func() (err error) {
			w.sides[i], err = startSide(inner, fmt.Sprint("cluster", i), w.dir, w.seed%2 == 0)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := workload.Load(ctx, w.sides[0].ddl, w.seed); err != nil {
		return err
	}
	if err := workload.Fill(ctx, w.sides[0].app, fillBytes, w.seed); err != nil {
		return err
	}
	for _, s := range w.sides { // the sides differ in less while one is closed
		create := bson.D{{Key: "create", Value: s.name}}
		if err := w.sides[0].ddl.Database(knockDatabase).RunCommand(ctx, create).Err(); err != nil {
			return err
		}
	}
	if w.engine, err = newEngine(w.binary, w.dir, w.sides); err != nil {
		return err
	}
	if err := w.engine.begin(); err != nil {
		return err
	}
	w.random = rand.New(rand.NewPCG(w.seed, driverStream))
	w.orders = w.journals.open("orders")
	w.nemesis = newNemesis(w)
	w.watcher = &watcher{world: w, journal: w.journals.open("progress")}
	for i := range w.knockers {
		w.knockers[i] = newKnocker(w.sides[i], w.journals.open("knocks-"+w.sides[i].name), w.tally)
	}
	w.traffic, err = workload.Start(ctx, workload.Options{Client: w.sides[0].app, DDLClient: w.sides[0].ddl, Seed: w.seed,
		Clients: clientsEach, Rate: writesPerSecond, ServersAreKilled: true,
		Journal: func(kind workload.Kind, n int) io.Writer {
			return w.journals.open(fmt.Sprintf("history/%s-%d", kind, n))
		}})
	return err
}

// Streams of random numbers that follow from one seed.
const (
	driverStream = iota + 10
	engineStream
	serversStream
)

// last is what is checked when nobody works any more.
func (w *world) last(ctx context.Context, good bool) error {
	report := w.traffic.Stop()
	w.worked(report.Total)
	if !good {
		return nil
	}
	if err := w.traffic.Verify(ctx, w.sides[w.open].root); err != nil {
		return fmt.Errorf("%s at the end: %w", w.sides[w.open].name, err)
	}
	return w.engine.stop()
}

// close stops what still runs, and removes the files after success.
func (w *world) close(good bool) error {
	var errs []error
	if w.traffic != nil {
		w.traffic.Stop()
	}
	if w.engine != nil && !good {
		if l := w.engine.current.Load(); l != nil {
			errs = append(errs, l.Kill())
		}
	}
	for _, s := range w.sides {
		switch {
		case s == nil:
		case good && w.keep == "":
			errs = append(errs, s.remove())
		default:
			errs = append(errs, s.close())
		}
	}
	errs = append(errs, w.journals.close())
	if good && w.keep == "" {
		errs = append(errs, os.RemoveAll(w.dir))
	}
	return errors.Join(errs...)
}
