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
// else under way. So after a crash at most the last one is applied again, to a
// destination on which no later event has been applied; the catalog then does
// what is missing.
func (d *dispatcher) changeSchema(run, work context.Context, number int64, e *event) error {
	apply, err := d.schemaChange(e)
	if err != nil {
		return fmt.Errorf("%s of %s at %s: %w", e.operation, e.ns(), e.time, err)
	}
	if apply == nil {
		d.marks.done(number)
		return nil
	}
	if err := d.hold(run, number); err != nil {
		return err
	}
	if err := d.checkpoints.write(work); err != nil {
		return err
	}
	if err := d.applySchema(work, e, apply); err != nil {
		return err
	}
	clear(d.targets)
	d.last = e.time
	d.counts.events.Add(1)
	d.counts.ddl.Store(&lifecycle.OpTime{T: e.time.T, I: e.time.I})
	d.marks.done(number)
	return d.checkpoints.write(work)
}

// hold waits for what a schema event must not overtake or be overtaken by: for
// now every event before it, while the dispatcher waits here with every event
// behind it. To hold up only the namespaces concerned, wait for the open changes
// of the targets that the event names (or, for dropDatabase, of its database),
// and send later changes of these targets behind it; the position in the
// watermark and the two checkpoints do not depend on how much is held up.
func (d *dispatcher) hold(run context.Context, number int64) error {
	return d.marks.reached(run, number)
}

func (d *dispatcher) applySchema(work context.Context, e *event, apply func(context.Context) error) error {
	point.Hit("apply.ddl.before")
	what := fmt.Sprintf("apply %s of %s", e.operation, e.ns())
	if err := mdb.Retry(work, what, d.cfg.Report, apply); err != nil {
		return fmt.Errorf("%s at %s: %w", what, e.time, err)
	}
	point.Hit("apply.ddl.after")
	return nil
}

// schemaChange answers what there is to do for a schema event; nil when it is
// no part of the sync or part of the copied schema already.
func (d *dispatcher) schemaChange(e *event) (func(context.Context) error, error) {
	if e.time.Compare(d.cfg.SchemaTime) <= 0 {
		return nil, nil
	}
	catalog, ns := d.cfg.Catalog, e.ns()
	switch {
	case e.operation == "dropDatabase":
		if !mdb.UserDB(ns.DB) {
			return nil, nil
		}
		return func(ctx context.Context) error { return catalog.DropDatabase(ctx, ns.DB) }, nil
	case e.operation == "rename":
		return d.rename(e)
	case !d.cfg.Keep(ns):
		return nil, nil
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
	before, after := d.cfg.Keep(e.ns()), d.cfg.Keep(to)
	switch {
	case before != after:
		return nil, fmt.Errorf("renamed to %s, but only one of the two names takes part in the sync: start the sync anew with a filter that has both or neither", to)
	case !before:
		return nil, nil
	}
	var dropTarget schema.UUID
	if v, ok := field(e.body, "dropTarget"); ok {
		if dropTarget, ok = schema.UUIDOf(v.raw()); !ok {
			return nil, fmt.Errorf("dropTarget is no UUID")
		}
	}
	return func(ctx context.Context) error {
		return d.cfg.Catalog.RenameCollection(ctx, e.uuid, to, dropTarget)
	}, nil
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
