package sdk

import "time"

// The families of facts, as a Component names them.
const (
	FactVersions      = "versions"
	FactTopology      = "topology"
	FactRights        = "rights"
	FactUniqueIndexes = "uniqueIndexes"
	FactWriteBlocking = "writeBlocking"
	FactOplogWindow   = "oplogWindow"
	FactOptions       = "options"
	FactDivergence    = "divergence"
)

// FactFamilies lists the families of v1.
var FactFamilies = []string{FactVersions, FactTopology, FactRights, FactUniqueIndexes, FactWriteBlocking,
	FactOplogWindow, FactOptions, FactDivergence}

// Facts is what the engine knew when it asked. They are collected once per review, so that all components judge the
// same picture, and they are a value: written down, they can be judged again on another day.
//
// Every part carries Known. False means that the engine could not find out (Error says why) or that the component
// did not ask for the family, and then all other fields are meaningless: unknown is never the same as fine, and a
// component that needs an unknown fact must answer with an error finding.
type Facts struct {
	CollectedAt   time.Time                 `json:"collectedAt,omitzero"`
	Versions      PerCluster[Versions]      `json:"versions,omitzero"`
	Topology      PerCluster[Topology]      `json:"topology,omitzero"`
	Rights        PerCluster[Rights]        `json:"rights,omitzero"`
	UniqueIndexes PerCluster[UniqueIndexes] `json:"uniqueIndexes,omitzero"`
	WriteBlocking PerCluster[WriteBlocking] `json:"writeBlocking,omitzero"`
	OplogWindow   OplogWindow               `json:"oplogWindow,omitzero"`
	Options       Options                   `json:"options,omitzero"`
	Divergence    Divergence                `json:"divergence,omitzero"`
}

// PerCluster holds the same kind of fact about both sides, by their roles before the trigger.
type PerCluster[T any] struct {
	Source      T `json:"source"`
	Destination T `json:"destination"`
}

// Of returns the fact about the side with the given role; for anything but RoleSource it is the destination's.
func (p PerCluster[T]) Of(r Role) T {
	if r == RoleSource {
		return p.Source
	}
	return p.Destination
}

// Only returns the facts cut to the named families; names that v1 does not have are passed over.
func (f Facts) Only(families []string) Facts {
	cut := Facts{CollectedAt: f.CollectedAt}
	for _, family := range families {
		switch family {
		case FactVersions:
			cut.Versions = f.Versions
		case FactTopology:
			cut.Topology = f.Topology
		case FactRights:
			cut.Rights = f.Rights
		case FactUniqueIndexes:
			cut.UniqueIndexes = f.UniqueIndexes
		case FactWriteBlocking:
			cut.WriteBlocking = f.WriteBlocking
		case FactOplogWindow:
			cut.OplogWindow = f.OplogWindow
		case FactOptions:
			cut.Options = f.Options
		case FactDivergence:
			cut.Divergence = f.Divergence
		}
	}
	return cut
}

// Versions says which releases one cluster runs.
type Versions struct {
	Known bool   `json:"known"`
	Error string `json:"error,omitempty"`
	// Version, VersionArray and GitVersion are buildInfo's, of the primary (of the mongos when sharded). The array has
	// four numbers; only the first three are the release.
	Version      string `json:"version"`
	VersionArray []int  `json:"versionArray"`
	GitVersion   string `json:"gitVersion,omitempty"`
	// FCV is featureCompatibilityVersion.version, for example "6.0". FCVTarget is set while it is being changed.
	FCV       string `json:"fcv"`
	FCVTarget string `json:"fcvTarget,omitempty"`
	// Members has one entry for each member of the set or of every shard that the engine tried to ask, empty when it
	// asked none of them one by one.
	Members []MemberVersion `json:"members,omitempty"`
}

// MemberVersion is the release of one member.
type MemberVersion struct {
	Host         string `json:"host"` // host:port as the set's configuration has it
	Known        bool   `json:"known"`
	Error        string `json:"error,omitempty"`
	Version      string `json:"version,omitempty"`
	VersionArray []int  `json:"versionArray,omitempty"`
}

// TopologyKind is the shape of a cluster.
type TopologyKind string

// The shapes.
const (
	TopologyReplicaSet TopologyKind = "replicaSet"
	TopologySharded    TopologyKind = "sharded"
	TopologyStandalone TopologyKind = "standalone"
)

// Topology is the shape of one cluster.
type Topology struct {
	Known bool         `json:"known"`
	Error string       `json:"error,omitempty"`
	Kind  TopologyKind `json:"kind"`
	// SetName and ReplicaSetID (hexadecimal) are the replica set's; empty when sharded.
	SetName      string `json:"setName,omitempty"`
	ReplicaSetID string `json:"replicaSetId,omitempty"`
	// Members has all members of the replica set, or of all shards, the config servers left out.
	Members []Member `json:"members,omitempty"`
	// ShardCount is 0 unless sharded. ShardNames are listShards' names.
	ShardCount int      `json:"shardCount"`
	ShardNames []string `json:"shardNames,omitempty"`
	// Balancer is balancerStatus.mode (full, off) when sharded, "" when not known.
	Balancer string `json:"balancer,omitempty"`
}

// Member is one member of a replica set, from replSetGetConfig and replSetGetStatus.
type Member struct {
	Host  string `json:"host"`            // host:port as in the set's configuration
	Shard string `json:"shard,omitempty"` // the shard's name, "" in a replica set
	// State is replSetGetStatus.members[].stateStr (PRIMARY, SECONDARY, ARBITER, …), "" when not known.
	State              string  `json:"state,omitempty"`
	Arbiter            bool    `json:"arbiter,omitempty"`
	Hidden             bool    `json:"hidden,omitempty"`
	Votes              int     `json:"votes"`
	Priority           float64 `json:"priority"`
	BuildIndexes       bool    `json:"buildIndexes"` // true unless the member was configured to have no indexes
	SecondaryDelaySecs int64   `json:"secondaryDelaySecs,omitempty"`
}

// WriteBlocking is the state of the user write block of one cluster.
type WriteBlocking struct {
	Known bool   `json:"known"`
	Error string `json:"error,omitempty"`
	// Mode is serverStatus().repl.userWriteBlockMode of the primary: 0 while a change waits, 1 off, 2 on.
	Mode int `json:"mode"`
}

// The values of WriteBlocking.Mode.
const (
	WriteBlockUnsettled = 0
	WriteBlockOff       = 1
	WriteBlockOn        = 2
)

// OplogWindow says how far back the oplogs reach.
type OplogWindow struct {
	Source      Oplog `json:"source"`
	Destination Oplog `json:"destination"`
	// ReverseStart is the time on the destination from which a reverse would read, nil unless COMMITTED.
	ReverseStart *Timestamp `json:"reverseStart,omitempty"`
}

// Of returns the oplog of the side with the given role; for anything but RoleSource it is the destination's.
func (w OplogWindow) Of(r Role) Oplog {
	if r == RoleSource {
		return w.Source
	}
	return w.Destination
}

// Oplog is the extent of one cluster's oplog; when sharded, of the shard whose oplog reaches back least.
type Oplog struct {
	Known        bool      `json:"known"`
	Error        string    `json:"error,omitempty"`
	First        Timestamp `json:"first"`
	Last         Timestamp `json:"last"`
	SizeBytes    int64     `json:"sizeBytes,omitempty"`
	MaxSizeBytes int64     `json:"maxSizeBytes,omitempty"`
}

// Options are those of this sync, frozen at start; for the trigger start those that the request asks for.
type Options struct {
	Known      bool `json:"known"`
	Reversible bool `json:"reversible"`
	// EnableUserWriteBlocking is none, destinationOnly or sourceAndDestination.
	EnableUserWriteBlocking string `json:"enableUserWriteBlocking"`
	// BuildIndexes is afterDataCopy, beforeDataCopy or never.
	BuildIndexes string `json:"buildIndexes"`
	// Filtered is true when the sync leaves namespaces or documents out.
	Filtered bool `json:"filtered"`
}

// The values of Options.EnableUserWriteBlocking.
const (
	BlockNone                 = "none"
	BlockDestinationOnly      = "destinationOnly"
	BlockSourceAndDestination = "sourceAndDestination"
)

// Blocks reports whether the option has the user writes of the side with the given role blocked at some moment of
// the running direction.
func (o Options) Blocks(r Role) bool {
	switch o.EnableUserWriteBlocking {
	case BlockSourceAndDestination:
		return true
	case BlockDestinationOnly:
		return r == RoleDestination
	}
	return false
}

// Timestamp is a cluster time, {"$timestamp":{"t":…,"i":…}} in JSON.
type Timestamp struct {
	T uint32 // seconds since 1970
	I uint32 // count within the second
}

// MarshalJSON writes Extended JSON.
func (t Timestamp) MarshalJSON() ([]byte, error) {
	w := &writer{}
	w.timestamp(t)
	return w.doc, nil
}

// UnmarshalJSON reads Extended JSON.
func (t *Timestamp) UnmarshalJSON(data []byte) error {
	r := &reader{data: string(data)}
	r.timestamp(t)
	return r.err
}

// Before reports whether t lies before u.
func (t Timestamp) Before(u Timestamp) bool {
	return t.T < u.T || (t.T == u.T && t.I < u.I)
}
