package schema

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
)

// lookAgain is how often a collection is examined anew when a user changes it
// between a look and a command.
const lookAgain = 10

// EnforceUnique turns the indexes that Restore has prepared into unique ones.
// Users may write and change the schema by then, on any collection: what they
// have dropped, moved to another database or changed is left as they want it.
// The server reads each index once, and nobody is blocked meanwhile.
func (c *Catalog) EnforceUnique(ctx context.Context) error {
	err := c.each(ctx, func(ctx context.Context, e Collection) error {
		for _, x := range e.Indexes {
			if !formOf(x.Spec).unique {
				continue
			}
			if err := c.enforce(ctx, e, x); err != nil {
				return fmt.Errorf("make index %s of %s unique: %w", x.Name, e.NS, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("enforce unique indexes: %w", err)
	}
	return nil
}

func (c *Catalog) enforce(ctx context.Context, e Collection, x Index) (err error) {
	for range lookAgain {
		found, exists, lookErr := byUUID(ctx, c.dest, e.NS.DB, e.Dest)
		if lookErr != nil || !exists {
			return lookErr
		}
		now := e
		now.NS = found.ns
		ready, lookErr := c.prepared(ctx, now, x)
		if lookErr != nil || !ready {
			return lookErr
		}
		if err = c.changeIndex(ctx, now, x.Name, []bson.D{{{Key: "unique", Value: true}}}); !changedMeanwhile(err) {
			return err
		}
	}
	return err
}

// prepared reports whether the index is there as Restore left it.
func (c *Catalog) prepared(ctx context.Context, e Collection, x Index) (bool, error) {
	specs, _, err := listIndexes(ctx, c.dest, e.NS.DB, e.Dest)
	if mdb.HasCode(err, mdb.CodeNamespaceNotFound) {
		return false, nil
	}
	for _, s := range specs {
		if indexName(s) == x.Name {
			form := formOf(s)
			return form.prepareUnique && !form.unique && signature(s) == signature(x.Spec), err
		}
	}
	return false, err
}

// changedMeanwhile tells the server's answers to a command that came too late:
// no such collection or index, another name, or prepareUnique taken away again.
func changedMeanwhile(err error) bool {
	for _, code := range []int{mdb.CodeNamespaceNotFound, mdb.CodeIndexNotFound, mdb.CodeCollectionUUIDMismatch, codeInvalidOptions} {
		if mdb.HasCode(err, code) {
			return true
		}
	}
	return false
}

const codeInvalidOptions = 72
