package guest

import (
	"maps"
	"slices"
)

// rule says which arguments of a command a module may set, beside the command itself.
type rule struct {
	arguments map[string]bool
	any       bool // arguments are names of what to show, each harmless
}

func with(names ...string) rule {
	r := rule{arguments: map[string]bool{}}
	for _, n := range names {
		r.arguments[n] = true
	}
	return r
}

// readOnly is the list of commands that a module can be granted, with their arguments. It is an allow-list on both
// levels: usersInfo, for example, can show password hashes, and hello can take part in an authentication.
var readOnly = map[string]rule{
	"balancerStatus":     with(),
	"buildInfo":          with(),
	"collStats":          with("scale"),
	"connectionStatus":   with("showPrivileges"),
	"count":              with("query", "limit", "skip", "hint", "collation", "readConcern"),
	"dataSize":           with("keyPattern", "min", "max", "estimate"),
	"dbStats":            with("scale", "freeStorage"),
	"distinct":           with("key", "query", "collation", "hint", "readConcern"),
	"explain":            with("verbosity"),
	"getCmdLineOpts":     with(),
	"getParameter":       {any: true},
	"hello":              with(),
	"listCollections":    with("filter", "nameOnly", "authorizedCollections", "cursor"),
	"listDatabases":      with("filter", "nameOnly", "authorizedDatabases"),
	"listIndexes":        with("cursor"),
	"listShards":         with(),
	"replSetGetConfig":   with("commitmentStatus"),
	"replSetGetStatus":   with("initialSync"),
	"rolesInfo":          with("showAuthenticationRestrictions", "showPrivileges", "showBuiltinRoles"),
	"serverStatus":       {any: true},
	"usersInfo":          with("showCustomData", "showPrivileges", "showAuthenticationRestrictions", "filter"),
	"validateDBMetadata": with("db", "collections", "apiParameters"),
}

// readsContents are the commands that look into documents. They are kept out of closedDatabases, where password
// hashes lie: in admin.system.users and, by way of the entries that made the users, in local.oplog.rs.
var (
	readsContents   = map[string]bool{"count": true, "distinct": true, "explain": true}
	closedDatabases = map[string]bool{"admin": true, "local": true}
)

// explainable are the commands that explain may be asked about: those that only read.
var explainable = map[string]bool{"find": true, "aggregate": true, "count": true, "distinct": true}

// forbiddenKeys never reach a server, at whatever depth they stand: they write, or run code there.
var forbiddenKeys = map[string]bool{"$out": true, "$merge": true, "$function": true, "$accumulator": true,
	"$where": true, "$code": true, "$scope": true}

// dropped are arguments that a module may send and that the engine leaves out, because it sets them itself or
// because they belong to the connection.
var dropped = map[string]bool{"$db": true, "lsid": true, "txnNumber": true, "writeConcern": true, "maxTimeMS": true,
	"comment": true}

// Commands lists the commands that can be granted, in alphabetical order.
func Commands() []string { return slices.Sorted(maps.Keys(readOnly)) }
