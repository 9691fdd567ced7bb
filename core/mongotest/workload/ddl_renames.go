package workload

import (
	"context"
	"fmt"
)

// passing is a name that collections have only on their way to another one.
const passing = "passing"

// renameTo renames a collection, and drops what had the new name before.
func (c *ddl) renameTo(from, to string, dropTarget bool) operation {
	database := c.db()
	return operation{
		what: fmt.Sprintf("%s: rename %s to %s, dropTarget %v", database, from, to, dropTarget),
		run: func(ctx context.Context, s side) error {
			return s.define(ctx, "admin", "renameCollection", database+"."+from, "to", database+"."+to, "dropTarget", dropTarget)
		},
		done: func() {
			c.collections[to] = c.collections[from]
			delete(c.collections, from)
		},
	}
}

func (c *ddl) rename() []operation {
	from, to := c.some(), c.free()
	if from == "" || to == "" {
		return nil
	}
	return []operation{c.renameTo(from, to, c.random.IntN(2) == 0)}
}

// renameOnto puts a collection in the place of another one, which is dropped.
func (c *ddl) renameOnto() []operation {
	from, to := c.some(), c.some()
	if from == to {
		return nil
	}
	return []operation{c.renameTo(from, to, true)}
}

// swapNames gives two collections each other's name, with inserts in between.
func (c *ddl) swapNames() []operation {
	a, b := c.some(), c.some()
	if a == b {
		return nil
	}
	first, second := c.collections[a], c.collections[b]
	return []operation{
		c.renameTo(a, passing, false), c.insertInto(passing, first),
		c.renameTo(b, a, false), c.insertInto(a, second),
		c.renameTo(passing, b, false),
	}
}
