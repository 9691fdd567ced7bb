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
//
// Two are added because this engine needs them: getParameter (the feature compatibility version) and useUUID (to list
// the indexes of a collection that may be renamed meanwhile).
//
// They are functions so that an instance that runs another check does not build them.

// readCluster and readData: follow and copy a source. A destination is read too.
func readCluster() []need {
	return cluster("appendOplogNote getDefaultRWConcern getParameter hostInfo listDatabases replSetGetConfig replSetGetStatus " +
		"serverStatus useUUID")
}

func readData() []need {
	return join(
		anywhere("changeStream collStats find indexStats listCollections listIndexes"),
		each("find", sdk.Pattern{DB: "admin", Collection: "system.version"}),
		each("listCollections listIndexes", sdk.Pattern{Collection: "system.js"}),
		each("listCollections listIndexes", sdk.Pattern{SystemBuckets: new(string)}))
}

func readSharded() []need {
	return join(cluster("getShardMap listShards"), findConfig("shards collections version settings"))
}

// write: apply to a destination.
func write() []need {
	return anywhere("bypassDocumentValidation collMod convertToCapped createCollection createIndex dropCollection dropIndex " +
		"insert remove renameCollectionSameDB update")
}

func writeSharded() []need { return join(anywhere("enableSharding"), findConfig("tags")) }

// block: set the user write block, and write through it.
func block() []need { return cluster("bypassWriteBlockingMode setUserWriteBlockMode") }

// retire: drop the metadata on a cluster that stops being the destination.
func retire() []need { return anywhere("dropDatabase") }

var validate = need{"validate", sdk.Pattern{}}

// plan is what one side needs.
type plan struct {
	now   []need // for the trigger itself
	later []need // for a reverse that may follow
	next  []need // for a second reverse, after the one that is asked for
	// roles are the documented ones for this side, now and for the reverse, with spaces between.
	roles string
	// validates is true when the side's unique indexes matter for a reverse.
	validates bool
}

// The documented role sets. A side that is blocked or reversed has all that both directions need.
const (
	rolesSource      = "readAnyDatabase clusterMonitor backup"
	rolesDestination = "readWriteAnyDatabase clusterMonitor clusterManager restore"
	rolesDual        = "readWriteAnyDatabase clusterMonitor clusterManager backup restore"
	rolesRetire      = rolesDual + " dbAdminAnyDatabase"
)

// planFor says what a side needs for the trigger.
func planFor(r *sdk.Request, role sdk.Role) plan {
	sharded := maySharded(r.Sync.Cluster(role))
	reverse := reverseNeeds(role, sharded)
	future := role == sdk.RoleSource // what a reverse would write to
	if r.Trigger == sdk.TriggerReverse {
		p := plan{now: reverse, roles: reverseRoles(role), validates: future}
		if role == sdk.RoleSource { // the next reverse makes it the side that is retired
			p.next, p.roles = retire(), rolesRetire
		}
		return p
	}
	p := plan{now: forwardNeeds(role, sharded, r.Facts.Options), roles: forwardRoles(role, r.Facts.Options)}
	if r.Facts.Options.Reversible {
		p.roles, p.validates = reverseRoles(role), future
		p.later = slices.DeleteFunc(slices.Clone(reverse), func(n need) bool { return slices.ContainsFunc(p.now, n.same) })
	}
	return p
}

func forwardNeeds(role sdk.Role, sharded bool, o sdk.Options) []need {
	needs := join(readCluster(), readData())
	if sharded {
		needs = join(needs, readSharded())
	}
	if role == sdk.RoleDestination {
		needs = join(needs, write())
	}
	if role == sdk.RoleDestination && sharded {
		needs = join(needs, writeSharded())
	}
	if o.Blocks(role) {
		needs = join(needs, block())
	}
	return needs
}

// reverseNeeds: each side needs what a source and what a destination needs; the one that stops being the
// destination also gives up its metadata.
func reverseNeeds(role sdk.Role, sharded bool) []need {
	needs := forwardNeeds(sdk.RoleDestination, sharded, sdk.Options{EnableUserWriteBlocking: sdk.BlockSourceAndDestination})
	if role == sdk.RoleDestination {
		needs = join(needs, retire())
	}
	return needs
}

func forwardRoles(role sdk.Role, o sdk.Options) string {
	switch {
	case role == sdk.RoleDestination:
		return rolesDestination
	case o.Blocks(role):
		return rolesDual
	}
	return rolesSource
}

func reverseRoles(role sdk.Role) string {
	if role == sdk.RoleDestination {
		return rolesRetire
	}
	return rolesDual
}

// maySharded is true unless the cluster is known not to be sharded.
func maySharded(c sdk.Cluster) bool { return c.Topology == "" || c.Topology == sdk.TopologySharded }

func (n need) same(m need) bool { return n.action == m.action && n.on.String() == m.on.String() }

func cluster(actions string) []need  { return each(actions, sdk.Pattern{Cluster: true}) }
func anywhere(actions string) []need { return each(actions, sdk.Pattern{}) }

func findConfig(collections string) (needs []need) {
	for _, c := range strings.Fields(collections) {
		needs = append(needs, need{"find", sdk.Pattern{DB: "config", Collection: c}})
	}
	return needs
}

func each(actions string, p sdk.Pattern) (needs []need) {
	for _, a := range strings.Fields(actions) {
		needs = append(needs, need{a, p})
	}
	return needs
}

func join(lists ...[]need) []need { return slices.Concat(lists...) }
