package workload

import (
	"fmt"
	"maps"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// maxViews is the number of views in one database at most.
const maxViews = 3

func viewPipeline(version int32) bson.A { return bson.A{d("$match", d("version", version))} }

// createView makes a view on a collection that may exist or not.
func (c *ddl) createView() []operation {
	name := fmt.Sprintf("view_%d", c.random.IntN(maxViews))
	if _, there := c.views[name]; there {
		return nil
	}
	c.births++
	made := ddlView{on: one(c.random, ddlNames), version: c.births}
	return []operation{c.command("create "+name+" on "+made.on, func() { c.views[name] = made },
		"create", name, "viewOn", made.on, "pipeline", viewPipeline(made.version))}
}

func (c *ddl) someView() string {
	names := slices.Sorted(maps.Keys(c.views))
	if len(names) == 0 {
		return ""
	}
	return one(c.random, names)
}

func (c *ddl) changeView() []operation {
	name := c.someView()
	if name == "" {
		return nil
	}
	c.births++
	changed := ddlView{on: one(c.random, ddlNames), version: c.births}
	return []operation{c.command("change "+name+", now on "+changed.on, func() { c.views[name] = changed },
		"collMod", name, "viewOn", changed.on, "pipeline", viewPipeline(changed.version))}
}

func (c *ddl) dropView() []operation {
	name := c.someView()
	if name == "" {
		return nil
	}
	return []operation{c.command("drop "+name, func() { delete(c.views, name) }, "drop", name)}
}
