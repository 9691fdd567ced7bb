package guest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
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

// readsContents are the commands that look into documents. They are kept out of closedDatabases and of system
// collections, and need the name of a collection beside them: a number, or a collection's UUID, could stand for another.
// dataSize is one of them: with min and max it tells step by step which keys an index has.
var readsContents = map[string]bool{"count": true, "dataSize": true, "distinct": true, "explain": true}

// closedDatabases cannot be looked into. In admin lie password hashes, and in local, by way of the oplog entries that
// made the users, the same; config holds sessions, transactions and the keys that sign cluster times; revsync_internal is
// the engine's own record.
var closedDatabases = map[string]bool{"admin": true, "local": true, "config": true, "revsync_internal": true}

// checkCollection refuses what is not an ordinary collection: system.profile shows other users' queries, system.js holds
// code, system.buckets is a time series as it is stored.
func checkCollection(name string) error {
	switch {
	case name == "" || strings.ContainsAny(name, "\x00$"):
		return fmt.Errorf("%q is not a collection's name", clip(name, 64))
	case strings.HasPrefix(name, "system."):
		return fmt.Errorf("collection %q is the server's own", clip(name, 64))
	}
	return nil
}

// CheckNamespace reports why no module can read the contents of a namespace: a database, or a collection with its
// database. nil means that a right to it can be granted.
func CheckNamespace(ns string) error {
	database, collection, dot := strings.Cut(ns, ".")
	if database == "" || strings.ContainsAny(database, notInDatabase) {
		return fmt.Errorf("%q is not a database's name", clip(database, 64))
	}
	if closedDatabases[database] {
		return fmt.Errorf("database %s is closed to modules", database)
	}
	if dot {
		return checkCollection(collection)
	}
	return nil
}

// notInDatabase are the characters that no name of a database has.
const notInDatabase = "\x00/\\. \"$"

// explainable are the commands that explain may be asked about, with their arguments: those that only read.
var explainable = map[string]rule{
	"find": with("filter", "projection", "sort", "hint", "skip", "limit", "batchSize", "singleBatch", "collation",
		"readConcern"),
	"aggregate": with("pipeline", "cursor", "hint", "collation", "readConcern"),
	"count":     readOnly["count"],
	"distinct":  readOnly["distinct"],
}

// readLevels are the read concerns that a module may ask for. linearizable waits for a majority, snapshot makes the server
// keep history.
var readLevels = map[string]bool{"local": true, "available": true, "majority": true}

// checkReadConcern reports what is not allowed in a read concern: another level, a time to wait for.
func checkReadConcern(n node) error {
	level, ok := n.get("level")
	if n.kind != '{' || len(n.fields) != 1 || !ok || level.kind != '"' || !readLevels[level.text] {
		return fmt.Errorf(`the read concern is not {"level": "local", "available" or "majority"}`)
	}
	return nil
}

// forbiddenKeys never reach a server, at whatever depth they stand: they write, or run code there.
var forbiddenKeys = map[string]bool{"$out": true, "$merge": true, "$function": true, "$accumulator": true,
	"$where": true, "$code": true, "$scope": true}

// checkKey reports why a key may not reach a server. Keys with $_ are between servers, and some of those run code, too. A
// zero byte would end the key where it is a C string.
func checkKey(key string) error {
	if forbiddenKeys[key] || strings.HasPrefix(key, "$_") {
		return fmt.Errorf("%s is not allowed", clip(key, 64))
	}
	if strings.ContainsRune(key, 0) {
		return fmt.Errorf("key %q has a zero byte in it", clip(key, 64))
	}
	return nil
}

// dropped are arguments that a module may send and that the engine leaves out, because it sets them itself or
// because they belong to the connection.
var dropped = map[string]bool{"$db": true, "lsid": true, "txnNumber": true, "writeConcern": true, "maxTimeMS": true,
	"comment": true}

// Commands lists the commands that can be granted, in alphabetical order.
func Commands() []string { return slices.Sorted(maps.Keys(readOnly)) }
