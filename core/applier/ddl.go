package applier

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/internal/point"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/schema"
)

// changeSchema applies one schema event between two checkpoints, with nothing
// before it under way and nothing behind it begun that concerns the same
// collections. So after a crash at most the last one is applied again, to a
// destination on which no later event of these collections has been applied; the
// catalog then does what is missing. It runs beside the dispatcher, one event at
// a time, in the order of the stream.
//
// It waits for the events before it of all collections, not just of those
// concerned, because the first checkpoint has to be behind them all. That holds
// up nobody else: what comes behind goes on meanwhile.
func (d *dispatcher) changeSchema(run, work context.Context, number int64, e *event) error {
	apply, err := d.schemaChange(e)
	if err != nil {
		return fmt.Errorf("%s of %s at %s: %w", e.operation, e.ns(), e.time, err)
	}
	if err := d.marks.reached(run, number); err != nil {
		return err
	}
	if err := d.checkpoints.write(work); err != nil {
		return err
	}
	if err := d.applySchema(work, e, apply); err != nil {
		return err
	}
	d.counts.events.Add(1)
	d.counts.ddl.Store(&lifecycle.OpTime{T: e.time.T, I: e.time.I})
	d.marks.done(number)
	return d.checkpoints.write(work)
}

func (d *dispatcher) applySchema(work context.Context, e *event, apply func(context.Context) error) error {
	point.Hit("apply.ddl.before")
	what := fmt.Sprintf("apply %s of %s", e.operation, e.ns())
	err := mdb.Retry(work, what, d.cfg.Report, func(ctx context.Context) error {
		if err := d.cfg.To.Settle(ctx); err != nil { // the catalog looks first and acts then
			return err
		}
		return apply(ctx)
	})
	if err != nil {
		return fmt.Errorf("%s at %s: %w", what, e.time, err)
	}
	point.Hit("apply.ddl.after")
	return nil
}

// schemaChange answers what there is to do for a schema event that takes part.
// The events before it must have been applied.
func (d *dispatcher) schemaChange(e *event) (func(context.Context) error, error) {
	catalog, ns := d.cfg.Catalog, e.ns()
	switch {
	case e.operation == "dropDatabase":
		return func(ctx context.Context) error { return catalog.DropDatabase(ctx, ns.DB) }, nil
	case e.operation == "rename":
		return d.rename(e)
	case e.uuid.IsZero():
		return d.viewChange(e)
	case e.operation == "create":
		return func(ctx context.Context) error { return catalog.CreateCollection(ctx, e.uuid, ns, e.body) }, nil
	case e.operation == "drop": // of an unknown collection too: the catalog may have forgotten it just before a crash
		return func(ctx context.Context) error { return catalog.DropCollection(ctx, e.uuid) }, nil
	}
	if _, known := catalog.BySource(e.uuid); !known {
		return nil, fmt.Errorf("the sync does not know this collection (UUID %x): start the sync anew", e.uuid[:])
	}
	return d.modify(e)
}

func (d *dispatcher) modify(e *event) (func(context.Context) error, error) {
	catalog := d.cfg.Catalog
	if e.operation == "modify" {
		return func(ctx context.Context) error { return catalog.Modify(ctx, e.uuid, e.body) }, nil
	}
	specs, names, err := indexesOf(e.body)
	if err != nil {
		return nil, err
	}
	if e.operation == "createIndexes" {
		return func(ctx context.Context) error { return catalog.CreateIndexes(ctx, e.uuid, specs) }, nil
	}
	return func(ctx context.Context) error { return catalog.DropIndexes(ctx, e.uuid, names) }, nil
}

func (d *dispatcher) rename(e *event) (func(context.Context) error, error) {
	to := namespaceOf(e.to)
	if d.cfg.Keep(e.ns()) != d.cfg.Keep(to) {
		return nil, fmt.Errorf("renamed to %s, but only one of the two names takes part in the sync: start the sync anew with a filter that has both or neither", to)
	}
	dropTarget, err := dropTargetOf(e)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		return d.cfg.Catalog.RenameCollection(ctx, e.uuid, to, dropTarget)
	}, nil
}

// dropTargetOf is the collection that a rename has replaced; zero for none.
func dropTargetOf(e *event) (u schema.UUID, err error) {
	v, ok := field(e.body, "dropTarget")
	if !ok {
		return u, nil
	}
	if u, ok = schema.UUIDOf(v.raw()); !ok {
		return u, fmt.Errorf("dropTarget is no UUID")
	}
	return u, nil
}

// viewChange is about views, the only things that have no UUID. A time series
// collection looks like one over its buckets; the catalog refuses it.
func (d *dispatcher) viewChange(e *event) (func(context.Context) error, error) {
	catalog, ns := d.cfg.Catalog, e.ns()
	switch e.operation {
	case "create":
		return func(ctx context.Context) error { return catalog.CreateView(ctx, ns, e.body) }, nil
	case "drop":
		return func(ctx context.Context) error { return catalog.DropView(ctx, ns) }, nil
	case "modify":
		return func(ctx context.Context) error { return catalog.ModifyView(ctx, ns, e.body) }, nil
	}
	return nil, fmt.Errorf("the event names no collection UUID")
}

// indexesOf takes {indexes: [spec, ...]} apart.
func indexesOf(description bson.Raw) (specs []bson.Raw, names []string, err error) {
	list, ok := field(description, "indexes")
	if !ok || list.kind != bson.TypeArray {
		return nil, nil, fmt.Errorf("the event lists no indexes")
	}
	err = fields(list.data, func(_ []byte, v value) error {
		spec := documentOf(v)
		name, _ := field(spec, "name")
		specs, names = append(specs, spec), append(names, string(stringOf(name)))
		return nil
	})
	return specs, names, err
}
