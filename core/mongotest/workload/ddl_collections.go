package workload

import (
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// ddlKind is a kind of collection, with its options of create.
type ddlKind string

// The kinds of collections.
const (
	plainKind     ddlKind = "plain"
	cappedKind    ddlKind = "capped"
	clusteredKind ddlKind = "clustered"
	collatedKind  ddlKind = "collated"
	imagesKind    ddlKind = "with pre- and post-images"
)

var ddlKinds = []ddlKind{plainKind, plainKind, cappedKind, clusteredKind, collatedKind, imagesKind}

func (k ddlKind) options() []any {
	switch k {
	case cappedKind:
		return []any{"capped", true, "size", 1 << 20}
	case clusteredKind:
		return []any{"clusteredIndex", d("key", d("_id", 1), "unique", true)}
	case collatedKind:
		return []any{"collation", d("locale", "de", "strength", 1)}
	case imagesKind:
		return []any{"changeStreamPreAndPostImages", d("enabled", true)}
	}
	return nil
}

func (c *ddl) newCollection(kind ddlKind) *ddlCollection {
	c.births++
	return &ddlCollection{birth: c.births, kind: kind, indexes: map[string]ddlIndex{}}
}

// create makes a collection, half of them with a validator.
func (c *ddl) create() []operation {
	name := c.free()
	if name == "" {
		return nil
	}
	return []operation{c.createAs(name)}
}

func (c *ddl) createAs(name string) operation {
	made := c.newCollection(one(c.random, ddlKinds))
	command := append([]any{"create", name}, made.kind.options()...)
	if c.random.IntN(2) == 0 {
		made.validator = made.birth
		command = append(command, "validator", validatorOf(made.validator))
	}
	return c.command(fmt.Sprintf("create %s, %s", name, made.kind), func() { c.collections[name] = made }, command...)
}

// validatorOf lets all our documents pass, and is different for each version.
func validatorOf(version int32) bson.D {
	return d("birth", d("$gt", 0), "version", d("$ne", version))
}

// createImplicitly inserts into a collection that does not exist.
func (c *ddl) createImplicitly() []operation {
	name := c.free()
	if name == "" {
		return nil
	}
	made := c.newCollection(plainKind)
	op := c.insertInto(name, made)
	inserted := op.done
	op.done = func() { c.collections[name] = made; inserted() }
	op.inPart = true // the collection may be there without the document
	return []operation{op}
}

func (c *ddl) drop() []operation {
	name := c.some()
	if name == "" {
		return nil
	}
	return []operation{c.dropOf(name)}
}

func (c *ddl) dropOf(name string) operation {
	return c.command("drop "+name, func() { delete(c.collections, name) }, "drop", name)
}

// recreate drops a collection and makes another one with the same name at once.
func (c *ddl) recreate() []operation {
	name := c.some()
	if name == "" {
		return nil
	}
	return []operation{c.dropOf(name), c.createAs(name)}
}

// validate changes a validator, or takes it away.
func (c *ddl) validate() []operation {
	name := c.some()
	if name == "" {
		return nil
	}
	to, validator := c.collections[name], d()
	version := int32(0)
	if c.random.IntN(3) > 0 {
		version = c.random.Int32N(1000) + 1
		validator = validatorOf(version)
	}
	return []operation{c.command(fmt.Sprintf("validator %d for %s", version, name),
		func() { to.validator = version }, "collMod", name, "validator", validator, "validationLevel", "strict")}
}

// maybeDropDatabase is rare, so that something can build up.
func (c *ddl) maybeDropDatabase() []operation {
	if c.random.IntN(5) > 0 || len(c.collections) == 0 {
		return nil
	}
	op := c.command("dropDatabase", c.forget, "dropDatabase", 1)
	op.inPart = true
	return []operation{op}
}
