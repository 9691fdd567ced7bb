package mdb

import "strings"

// MetadataDB is the engine's own database. It exists on the destination of the
// running direction and is never replicated.
const MetadataDB = "revsync_internal"

// Namespace is a database and a collection or view in it.
type Namespace struct {
	DB   string `bson:"db"`
	Coll string `bson:"coll"`
}

// ParseNamespace splits "db.coll" at the first dot.
func ParseNamespace(s string) Namespace {
	db, coll, _ := strings.Cut(s, ".")
	return Namespace{DB: db, Coll: coll}
}

// CollectionOf is the collection part of "db.coll".
func CollectionOf(s string) string { return ParseNamespace(s).Coll }

// String reads "db.coll".
func (n Namespace) String() string { return n.DB + "." + n.Coll }

// internalDBs are never part of a sync: the server's own and those of sync
// tools. Time series buckets and other system collections are not either.
var internalDBs = []string{"admin", "config", "local", MetadataDB}

// InternalDBs lists the databases that are never part of a sync.
func InternalDBs() []string { return append([]string(nil), internalDBs...) }

// UserDB reports whether a database can be part of a sync.
func UserDB(db string) bool {
	for _, d := range internalDBs {
		if d == db {
			return false
		}
	}
	return !strings.HasPrefix(db, "mongosync_") && !strings.HasPrefix(db, "__mdb_internal")
}

// User reports whether a namespace can be part of a sync.
func (n Namespace) User() bool { return UserDB(n.DB) && !strings.HasPrefix(n.Coll, "system.") }
