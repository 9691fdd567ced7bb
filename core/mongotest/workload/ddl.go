package workload

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// ddlNames are few, so that names come back: a collection is dropped and another
// one takes its name, or is renamed to it.
var ddlNames = []string{"alpha", "beta", "gamma", "delta", "epsilon"}

// ddl changes the catalog of databases of its own, and inserts documents in
// between. After an answer of unknown outcome it leaves its database as it is and
// goes on in a new one.
type ddl struct {
	identity
	generation  int
	collections map[string]*ddlCollection
	views       map[string]ddlView
	births      int32
	planned     []operation
}

// ddlCollection is what must be true of a collection.
type ddlCollection struct {
	birth     int32 // in all its documents, and in no others
	kind      ddlKind
	documents int32
	validator int32 // 0: none
	indexes   map[string]ddlIndex
}

// ddlIndex is what can be changed about an index.
type ddlIndex struct {
	hidden       bool
	expireAfter  int32 // seconds; 0 if it is no TTL index
	isExpiration bool
}

// ddlView is what must be true of a view.
type ddlView struct {
	on      string
	version int32
}

// operation is one command, and what is true once it is acknowledged.
type operation struct {
	what string
	run  func(ctx context.Context, s side) error
	done func()
	// inPart tells that a refusal may come when something has been done.
	inPart bool
}

func newDDL(id identity) client {
	c := &ddl{identity: id}
	c.forget()
	return c
}

func (c *ddl) forget() {
	c.collections, c.views, c.planned = map[string]*ddlCollection{}, map[string]ddlView{}, nil
}

// db is the name of the database that is worked in.
func (c *ddl) db() string {
	return fmt.Sprintf("%s%s%d_%d", c.database, ddlInfix, c.number, c.generation)
}

// ddlInfix is in the names of all databases of DDL clients.
const ddlInfix = "_ddl_"

func (c *ddl) prepare(context.Context, side) error { return nil }

func (c *ddl) step(ctx context.Context, s side) answer {
	if len(c.planned) == 0 {
		c.planned = c.invent()
	}
	op := c.planned[0]
	got := answered(op.what, op.run(ctx, s))
	switch {
	case got.outcome == Acknowledged:
		c.planned = c.planned[1:]
		op.done()
	case got.outcome != Refused || op.inPart:
		c.generation++
		c.forget()
	}
	return got
}

// invent returns what to do next: mostly one operation, at times several that
// belong together. It tries until it finds something that can be done now.
func (c *ddl) invent() []operation {
	for {
		way := one(c.random, ddlWays)
		if operations := way(c); len(operations) > 0 {
			return operations
		}
	}
}

// ddlWays has the usual ones more often than the others.
var ddlWays = []func(*ddl) []operation{
	(*ddl).insert, (*ddl).insert, (*ddl).insert, (*ddl).insert, (*ddl).insert, (*ddl).insert,
	(*ddl).create, (*ddl).create, (*ddl).create, (*ddl).createImplicitly, (*ddl).drop, (*ddl).recreate,
	(*ddl).createIndexes, (*ddl).createIndexes, (*ddl).createIndexes, (*ddl).createIndexes, (*ddl).dropIndex, (*ddl).dropIndexes,
	(*ddl).hide, (*ddl).expire, (*ddl).validate,
	(*ddl).rename, (*ddl).renameOnto, (*ddl).swapNames,
	(*ddl).createView, (*ddl).createView, (*ddl).changeView, (*ddl).dropView,
	(*ddl).maybeDropDatabase,
}

// command is an operation that is one command in the client's database.
func (c *ddl) command(what string, done func(), command ...any) operation {
	database := c.db()
	return operation{what: database + ": " + what, done: done,
		run: func(ctx context.Context, s side) error { return s.define(ctx, database, command...) }}
}

// some returns the name of any collection, or "" if there is none.
func (c *ddl) some() string {
	names := slices.Sorted(maps.Keys(c.collections))
	if len(names) == 0 {
		return ""
	}
	return one(c.random, names)
}

// free returns a name that no collection has, or "".
func (c *ddl) free() string {
	for _, i := range c.random.Perm(len(ddlNames)) {
		if c.collections[ddlNames[i]] == nil {
			return ddlNames[i]
		}
	}
	return ""
}

// insert puts a document into a collection.
func (c *ddl) insert() []operation {
	name := c.some()
	if name == "" {
		return nil
	}
	return []operation{c.insertInto(name, c.collections[name])}
}

func (c *ddl) insertInto(name string, into *ddlCollection) operation {
	database := c.db()
	number := into.documents
	doc := d("_id", fmt.Sprintf("%d-%d", into.birth, number), "birth", into.birth, "a", c.random.IntN(10),
		"u", fmt.Sprintf("%d-%d", into.birth, number), "at", farFuture, "t", "some words to find",
		"place", d("type", "Point", "coordinates", bson.A{1.5, float64(number % 80)}))
	return operation{
		what: fmt.Sprintf("%s: insert into %s", database, name),
		run: func(ctx context.Context, s side) error {
			_, err := s.in(database).Collection(name).InsertOne(ctx, doc)
			return err
		},
		done: func() { into.documents++ },
	}
}
