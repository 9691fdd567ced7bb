package permissions

import (
	"slices"
	"strings"

	"github.com/revsync/revsync/sdk"
)

// need is one action that the engine takes on one resource.
type need struct {
	action string
	on     sdk.Pattern
}

// The lists follow the minimum privileges that the anchor documents for self-managed clusters. Three entries of its
// documentation are left out because a 6.0 server shows that its own role sets do not grant them: enableSharding on
// the cluster resource (it is an action on databases), the two write block actions on databases (they belong to the
// cluster resource), and dropCollection on system.views.
var (
	// readCluster and readData: follow and copy a source. A destination is read too.
	readCluster = cluster("appendOplogNote getDefaultRWConcern hostInfo listDatabases replSetGetConfig replSetGetStatus serverStatus")
	readData    = join(
		anywhere("changeStream collStats find indexStats listCollections listIndexes"),
		on("find", sdk.Pattern{DB: "admin", Collection: "system.version"}),
		each("listCollections listIndexes", sdk.Pattern{Collection: "system.js"}),
		each("listCollections listIndexes", sdk.Pattern{SystemBuckets: new(string)}))
	readSharded = join(
		cluster("getShardMap listShards"),
		on("find", config("shards")), on("find", config("collections")), on("find", config("version")), on("find", config("settings")))

	// write: apply to a destination.
	write = anywhere("bypassDocumentValidation collMod convertToCapped createCollection createIndex dropCollection dropIndex " +
		"insert remove renameCollectionSameDB update")
	writeSharded = join(anywhere("enableSharding"), on("find", config("tags")))

	// block: set the user write block, and write through it.
	block = cluster("bypassWriteBlockingMode setUserWriteBlockMode")

	// retire: drop the metadata on a cluster that stops being the destination.
	retire = anywhere("dropDatabase")

	validate = need{"validate", sdk.Pattern{}}
)

// plan is what one side needs.
type plan struct {
	now   []need // for the trigger itself
	later []need // for a reverse that may follow
	// roles are the documented ones for this side, now and for the reverse.
	roles []string
	// validates is true when the side's unique indexes matter for a reverse.
	validates bool
}

// The documented role sets. A side that is blocked or reversed has all that both directions need.
var (
	rolesSource      = strings.Fields("readAnyDatabase clusterMonitor backup")
	rolesDestination = strings.Fields("readWriteAnyDatabase clusterMonitor clusterManager restore")
	rolesDual        = strings.Fields("readWriteAnyDatabase clusterMonitor clusterManager backup restore")
	rolesRetire      = append(slices.Clone(rolesDual), "dbAdminAnyDatabase")
)

// planFor says what a side needs for the trigger.
func planFor(r *sdk.Request, role sdk.Role) plan {
	sharded := maySharded(r.Facts.Topology.Of(role))
	reverse := reverseNeeds(role, sharded)
	future := role == sdk.RoleSource // what a reverse would write to
	if r.Trigger == sdk.TriggerReverse {
		return plan{now: reverse, roles: reverseRoles(role), validates: future}
	}
	p := plan{now: forwardNeeds(role, sharded, r.Facts.Options), roles: forwardRoles(role, r.Facts.Options)}
	if r.Facts.Options.Reversible {
		p.roles, p.validates = reverseRoles(role), future
		p.later = slices.DeleteFunc(slices.Clone(reverse), func(n need) bool { return slices.ContainsFunc(p.now, n.same) })
	}
	return p
}

func forwardNeeds(role sdk.Role, sharded bool, o sdk.Options) []need {
	needs := join(readCluster, readData)
	if sharded {
		needs = join(needs, readSharded)
	}
	if role == sdk.RoleDestination {
		needs = join(needs, write)
	}
	if role == sdk.RoleDestination && sharded {
		needs = join(needs, writeSharded)
	}
	if o.Blocks(role) {
		needs = join(needs, block)
	}
	return needs
}

// reverseNeeds: each side needs what a source and what a destination needs; the one that stops being the
// destination also gives up its metadata.
func reverseNeeds(role sdk.Role, sharded bool) []need {
	needs := forwardNeeds(sdk.RoleDestination, sharded, sdk.Options{EnableUserWriteBlocking: sdk.BlockSourceAndDestination})
	if role == sdk.RoleDestination {
		needs = join(needs, retire)
	}
	return needs
}

func forwardRoles(role sdk.Role, o sdk.Options) []string {
	switch {
	case role == sdk.RoleDestination:
		return rolesDestination
	case o.Blocks(role):
		return rolesDual
	}
	return rolesSource
}

func reverseRoles(role sdk.Role) []string {
	if role == sdk.RoleDestination {
		return rolesRetire
	}
	return rolesDual
}

// maySharded is true unless the cluster is known not to be sharded.
func maySharded(t sdk.Topology) bool { return !t.Known || t.Kind == sdk.TopologySharded }

func (n need) same(m need) bool { return n.action == m.action && n.on.String() == m.on.String() }

func cluster(actions string) []need  { return each(actions, sdk.Pattern{Cluster: true}) }
func anywhere(actions string) []need { return each(actions, sdk.Pattern{}) }
func config(collection string) sdk.Pattern {
	return sdk.Pattern{DB: "config", Collection: collection}
}

func on(action string, p sdk.Pattern) []need { return []need{{action, p}} }

func each(actions string, p sdk.Pattern) (needs []need) {
	for _, a := range strings.Fields(actions) {
		needs = append(needs, need{a, p})
	}
	return needs
}

func join(lists ...[]need) []need { return slices.Concat(lists...) }
