package sdk

import "encoding/json"

// UniqueIndexes is what is known about the on-disk format of one cluster's unique indexes. The format belongs to
// a member's files, not to the replica set, so every data-bearing member is asked by a direct connection.
//
// Only what needs a judgement is listed: an index whose format is clean (UniqueIndex.Suspect is false) is counted in
// MemberIndexes.Checked and left out, so that the facts stay small on a cluster with many collections. The engine
// validates suspects in the background ({validate: c, background: true}) and lists all of them, whatever came out.
type UniqueIndexes struct {
	Known bool   `json:"known"`
	Error string `json:"error,omitempty"`
	// Members has one entry for every data-bearing member, hidden and delayed ones included.
	Members []MemberIndexes `json:"members"`
	// Missing has the unique indexes that a shard lacks although it owns a part of their collection; empty in a replica set.
	Missing []MissingIndex `json:"missing,omitempty"`
}

// MissingIndex is a unique index that some shards do not have.
type MissingIndex struct {
	Namespace string   `json:"namespace"` // database.collection
	Name      string   `json:"name"`
	Shards    []string `json:"shards"` // those that lack it
}

// MemberIndexes is the answer of one member.
type MemberIndexes struct {
	Host  string `json:"host"` // host:port as in the set's configuration
	Shard string `json:"shard,omitempty"`
	State string `json:"state,omitempty"` // PRIMARY, SECONDARY
	// Known is false when the member could not be asked or only in part; Error says why.
	Known bool   `json:"known"`
	Error string `json:"error,omitempty"`
	// Checked counts the unique non-_id indexes that were looked at, the suspects included.
	Checked  int           `json:"checked"`
	Suspects []UniqueIndex `json:"suspects,omitempty"`
}

// UniqueIndex is one unique non-_id index on one member.
type UniqueIndex struct {
	Namespace string `json:"namespace"` // database.collection
	Name      string `json:"name"`
	// CollectionUUID is in the usual form with dashes.
	CollectionUUID string `json:"collectionUuid,omitempty"`
	// Key is the index's key document, in order.
	Key json.RawMessage `json:"key,omitempty"`
	// FormatVersion is the number after "app_metadata=(formatVersion=" in collStats' indexDetails.<name>.creationString
	// (not indexDetails.<name>.metadata.formatVersion, which changes without the keys changing). 0 when it could not
	// be read.
	FormatVersion int `json:"formatVersion"`
	// Validated is true when a background validate of the collection ran to its end on this member. ValidateWarnings are
	// those of its warnings and errors that name this index, word for word.
	Validated        bool     `json:"validated"`
	ValidateWarnings []string `json:"validateWarnings,omitempty"`
	// ValidateError says why validate did not run: no privilege, no time left, an exception on the server.
	ValidateError string `json:"validateError,omitempty"`
}

// Suspect reports whether the format alone does not show that every key holds its record id. Formats 11 to 14 do; 6
// and 8 come from indexes made under feature compatibility 4.0 and from indexes that collMod has turned unique, and
// may hold keys of either form; 0 and anything later is not known.
func (u UniqueIndex) Suspect() bool {
	return u.FormatVersion < 11 || u.FormatVersion > 14
}
