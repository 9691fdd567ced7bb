package schema

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/revsync/revsync/core/mdb"
)

// Catalog maps the source's collections to the destination's. It is kept on
// the destination, one document a collection, and every change is confirmed by
// a majority before it is visible here.
//
// Reading is safe at any time and fast. Of what changes something, BuildIndexes
// may run for several collections at once; all else is for one caller at a time.
//
// Every change can be repeated: after an error or a crash the same call, on this
// catalog or on one opened anew, inspects the destination and does what is
// missing. Errors of the moment (mdb.Transient) are not tried again in here.
type Catalog struct {
	dest  *mdb.Cluster
	epoch int
	never atomic.Bool // indexes are recorded and not built

	mu    sync.Mutex // one stored change at a time
	slots atomic.Pointer[slotMap]
}

// slotMap is never changed once it is published; its slots are.
type slotMap map[UUID]*atomic.Pointer[Collection]

// OpenCatalog loads what is stored for an epoch; nothing is an empty catalog.
// The caller owns the metadata of the epoch (it has just written there with
// majority, so what is read here cannot be rolled back).
func OpenCatalog(ctx context.Context, dest *mdb.Cluster, epoch int) (*Catalog, error) {
	c := &Catalog{dest: dest, epoch: epoch}
	all, err := c.load(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the catalog of epoch %d: %w", epoch, err)
	}
	c.publish(all...)
	return c, nil
}

// NeverBuild makes the catalog record indexes without building them, for a sync
// started with buildIndexes "never". Call it right after opening.
func (c *Catalog) NeverBuild() { c.never.Store(true) }

// Collections are copies, sorted by name. Do not write into their documents.
func (c *Catalog) Collections() []Collection {
	slots := *c.slots.Load()
	out := make([]Collection, 0, len(slots))
	for _, s := range slots {
		e := *s.Load()
		e.Indexes = slices.Clone(e.Indexes)
		out = append(out, e)
	}
	slices.SortFunc(out, byNamespace)
	return out
}

// BySource finds a collection by the UUID it has on the source. It takes no
// lock; what it answers is shared and must not be written into.
func (c *Catalog) BySource(u UUID) (Collection, bool) {
	s, ok := (*c.slots.Load())[u]
	if !ok {
		return Collection{}, false
	}
	return *s.Load(), true
}

// need is BySource for a collection that must be there.
func (c *Catalog) need(u UUID) (Collection, error) {
	e, ok := c.BySource(u)
	if !ok {
		return e, fmt.Errorf("the collection with UUID %x is not in the catalog of this sync", u)
	}
	return e, nil
}

// ownerOf finds the collection that a UUID of the destination belongs to.
func (c *Catalog) ownerOf(dest UUID) (Collection, bool) {
	for _, s := range *c.slots.Load() {
		if e := s.Load(); e.Dest == dest {
			return *e, true
		}
	}
	return Collection{}, false
}

// put stores a collection that is new to the catalog.
func (c *Catalog) put(ctx context.Context, all ...Collection) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.save(ctx, all); err != nil {
		return err
	}
	c.publish(all...)
	return nil
}

// change edits one collection as it is now, stores it and publishes it.
func (c *Catalog) change(ctx context.Context, source UUID, edit func(*Collection)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, err := c.need(source)
	if err != nil {
		return err
	}
	e.Indexes = slices.Clone(e.Indexes)
	edit(&e)
	if err := c.save(ctx, []Collection{e}); err != nil {
		return err
	}
	c.publish(e)
	return nil
}

// publish makes stored collections visible. mu is held, or nobody else knows c.
func (c *Catalog) publish(all ...Collection) {
	old := slotMap{}
	if p := c.slots.Load(); p != nil {
		old = *p
	}
	var fresh slotMap
	for i := range all {
		if slot, known := old[all[i].Source]; known {
			slot.Store(&all[i])
			continue
		}
		if fresh == nil {
			fresh = maps.Clone(old)
		}
		fresh[all[i].Source] = &atomic.Pointer[Collection]{}
		fresh[all[i].Source].Store(&all[i])
	}
	if fresh == nil {
		fresh = old
	}
	c.slots.Store(&fresh)
}

// forget removes collections from the catalog, not from the destination.
func (c *Catalog) forget(ctx context.Context, sources ...UUID) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.erase(ctx, sources); err != nil {
		return err
	}
	left := maps.Clone(*c.slots.Load())
	for _, u := range sources {
		delete(left, u)
	}
	c.slots.Store(&left)
	return nil
}

// Drop removes everything stored for this epoch and empties the catalog. The
// destination's collections stay as they are.
func (c *Catalog) Drop(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.eraseEpoch(ctx); err != nil {
		return fmt.Errorf("drop the catalog of epoch %d: %w", c.epoch, err)
	}
	c.slots.Store(&slotMap{})
	return nil
}

// edit changes one index by its name; nothing happens when it is gone.
func (e *Collection) edit(name string, f func(*Index)) {
	for i := range e.Indexes {
		if e.Indexes[i].Name == name {
			f(&e.Indexes[i])
		}
	}
}

// index finds an index by name.
func (e Collection) index(name string) (Index, bool) {
	for _, x := range e.Indexes {
		if x.Name == name {
			return x, true
		}
	}
	return Index{}, false
}
