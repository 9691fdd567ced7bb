package schema

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/internal/point"
	"github.com/revsync/revsync/core/mdb"
)

// Relax makes a destination that is in its original form ready to be synced to:
// it deletes, refuses and hides nothing any more. The originals are in the
// catalog before (HandOver), and nothing is changed when a unique index cannot
// safely be made non-unique (see format.go) or when the engine's user could be
// refused by a write block.
func (c *Catalog) Relax(ctx context.Context) error {
	err := c.proveBypass(ctx)
	if err == nil {
		err = c.checkFormats(ctx)
	}
	if err == nil {
		err = c.each(ctx, c.relaxOne)
	}
	if err != nil {
		return fmt.Errorf("relax the destination's schema: %w", err)
	}
	return nil
}

// RelaxAgain undoes Restore.
func (c *Catalog) RelaxAgain(ctx context.Context) error { return c.Relax(ctx) }

// Unrelax undoes Relax: everything as it was, unique indexes included.
func (c *Catalog) Unrelax(ctx context.Context) error {
	if err := c.Restore(ctx); err != nil {
		return err
	}
	return c.EnforceUnique(ctx)
}

// proveBypass writes once where users write. A forceNonUnique that the server
// refuses because of its write block would all the same leave the index with a
// format under which mongod 6.0.5 does not start any more; so it must be certain
// before the first one is sent that the engine's user passes the block.
func (c *Catalog) proveBypass(ctx context.Context) error {
	if err := c.setMark(ctx, markProbe, bson.D{{Key: "$inc", Value: bson.D{{Key: "n", Value: 1}}}}); err != nil {
		return fmt.Errorf("the engine's user cannot write to %s (does it have the role restore?): %w", c.dest.Name(), err)
	}
	return nil
}

func (c *Catalog) relaxOne(ctx context.Context, e Collection) error {
	if err := c.changeOptions(ctx, e, optionForm.relaxed); err != nil {
		return err
	}
	if len(e.Indexes) == 0 {
		return nil
	}
	there, err := c.onDest(ctx, e)
	if err != nil {
		return err
	}
	late := []string{}
	for _, x := range e.Indexes {
		spec, exists := there[x.Name]
		switch {
		case !exists:
		case x.State == IndexAtEnd:
			late = append(late, x.Name)
		default:
			now := formOf(spec)
			if now.unique && !formOf(x.Spec).unique && !x.CleanDest { // its keys were not looked at
				return fmt.Errorf("index %s of %s was made unique by somebody else meanwhile", x.Name, e.NS)
			}
			if err := c.changeIndex(ctx, e, x.Name, now.changesTo(now.relaxed())); err != nil {
				return err
			}
		}
	}
	return c.dropIndexesOnDest(ctx, e, late)
}

// HandOver makes the catalog of the way back: to, this catalog's source, is the
// destination of the next epoch. The originals are read from to, which must be
// fenced and in its original form, and are stored there before anything on it
// may be relaxed. Called again, it answers what it stored the first time.
func (c *Catalog) HandOver(ctx context.Context, to *mdb.Cluster, epoch int) (*Catalog, error) {
	next, err := c.handOver(ctx, to, epoch)
	if err != nil {
		return nil, fmt.Errorf("hand the catalog over to %s: %w", to.Name(), err)
	}
	return next, nil
}

func (c *Catalog) handOver(ctx context.Context, to *mdb.Cluster, epoch int) (*Catalog, error) {
	next := &Catalog{dest: to, epoch: epoch}
	next.never.Store(c.never.Load())
	done, err := next.mark(ctx, markHandedOver)
	if err != nil {
		return nil, err
	}
	if done != nil {
		return OpenCatalog(ctx, to, epoch)
	}
	entries, err := c.reversed(ctx, to)
	if err != nil {
		return nil, err
	}
	if err := next.eraseEpoch(ctx); err != nil { // of an attempt that was not finished
		return nil, err
	}
	if err := next.put(ctx, entries...); err != nil {
		return nil, err
	}
	point.Hit("schema.hand-over.stored")
	if err := next.setMark(ctx, markHandedOver, bson.D{{Key: "$set", Value: bson.D{{Key: "collections", Value: len(entries)}}}}); err != nil {
		return nil, err
	}
	point.Hit("schema.hand-over.marked")
	return next, nil
}

// reversed reads to and swaps the sides of every entry.
func (c *Catalog) reversed(ctx context.Context, to *mdb.Cluster) ([]Collection, error) {
	now := &listing{}
	if err := now.read(ctx, to, nil); err != nil {
		return nil, err
	}
	var out []Collection
	seen := map[UUID]bool{}
	for _, x := range now.Collections {
		old, known := c.BySource(x.Source)
		if !known || old.NS != x.NS || old.Dest.IsZero() {
			return nil, fmt.Errorf("%s has a collection %s (UUID %x) that is not its source's at the time of the commit", to.Name(), x.NS, x.Source)
		}
		if what := unlike(old, x); what != "" {
			return nil, fmt.Errorf("%s of %s on %s is not as it was at the time of the commit", what, x.NS, to.Name())
		}
		seen[x.Source] = true
		out = append(out, swapped(old, x))
	}
	for _, old := range c.Collections() {
		if !seen[old.Source] {
			return nil, fmt.Errorf("%s has lost the collection %s (UUID %x) since the commit", to.Name(), old.NS, old.Source)
		}
	}
	return out, nil
}

// unlike names what differs between a catalog's originals and what the cluster
// that they came from shows now. Were that still relaxed, the relaxed form would
// be taken for the original, and uniqueness be lost for good.
func unlike(old, now Collection) string {
	was, is := optionFormOf(old.Options), optionFormOf(now.Options)
	if len(was.changesTo(is)) > 0 {
		return "the capped size or the TTL"
	}
	for _, x := range old.Indexes {
		if y, found := now.index(x.Name); !found || formOf(x.Spec) != formOf(y.Spec) {
			return "index " + x.Name
		}
	}
	for _, y := range now.Indexes {
		if _, found := old.index(y.Name); !found {
			return "index " + y.Name
		}
	}
	return ""
}

// swapped is the entry of the way back: now is what the new destination shows.
func swapped(old, now Collection) Collection {
	e := Collection{Source: old.Dest, Dest: old.Source, NS: now.NS, Options: now.Options, Indexes: now.Indexes}
	for i := range e.Indexes {
		x := &e.Indexes[i]
		if x.State == IndexPending { // not the late one of two twins
			x.State = IndexBuilt
		}
		before, _ := old.index(x.Name)
		x.CleanSource, x.CleanDest = before.CleanDest, before.CleanSource
	}
	return e
}
