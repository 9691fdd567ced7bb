// Package checks holds the built-in checks. They are written as anybody would write theirs, with package sdk, one
// folder each, and run as anybody's do: built into one WASM module, which is committed as builtin.wasm and embedded.
//
// After a change to a check or to package sdk, rebuild the module with
//
//	go generate ./checks
//
// A test rebuilds it and compares.
//
// # Finding codes
//
// Severities are those before a reverse; what differs before a start or commit is in brackets. "Way back" means that
// the sync has reversible: true.
//
// Every check:
//
//	OPTIONS_UNKNOWN                error    the engine did not say what the sync's options are
//
// permissions:
//
//	RIGHTS_UNKNOWN                 error    the user's rights could not be read
//	AUTHENTICATION_OFF             error    no users, so that a write block would hold back the engine too
//	                                        [only where the options block this side or ask for a way back]
//	ACCESS_CONTROL_OFF             info     no users, and nothing is to be blocked
//	PRIVILEGE_MISSING              error    one finding for each action and resource; remediation has the grant
//	PRIVILEGE_MISSING_FOR_REVERSE  warning  [start, commit, way back] the same for the reverse that may follow
//	PRIVILEGE_MISSING_FOR_NEXT_REVERSE  info  what a second reverse will need
//	VALIDATE_NOT_ALLOWED           info     suspect unique indexes could not be cleared
//	PRIVILEGES_SUFFICIENT          info     nothing is missing on this side
//
// versions:
//
//	VERSION_UNKNOWN                error    version or feature compatibility version could not be read
//	VERSION_TOO_OLD                error    older than 6.0
//	VERSION_RAPID_RELEASE          error    not the .0 of a major series
//	MAJOR_VERSION_MISMATCH         error    different series [start: error with a way back or onto an older
//	                                        destination, else info; commit: warning with a way back]
//	FCV_TOO_OLD                    error    feature compatibility version older than 6.0
//	FCV_CHANGING                   error    setFeatureCompatibilityVersion is under way
//	FCV_MISMATCH                   error    different on the two sides [start: error with a way back, else warning;
//	                                        commit: warning]
//	FCV_BEHIND                     warning  the binary is newer than its feature compatibility version
//	MEMBER_VERSION_MIXED           error    a member runs another series than its primary
//	MEMBER_PATCH_MIXED             warning  a member runs another patch than its primary
//	MEMBER_VERSION_UNKNOWN         warning  a member could not be asked
//	PATCH_KNOWN_BAD                warning  a release with a fault that was seen to hurt
//	PATCH_BELOW_FLOOR              warning  below the recommended patch of its series
//	VERSIONS_MATCH                 info
//
// topology:
//
//	TOPOLOGY_UNKNOWN               error    kind or members could not be read
//	TOPOLOGY_STANDALONE            error
//	SAME_CLUSTER                   error    both sides are one cluster
//	TOPOLOGY_MISMATCH              error    replica set and sharded [start: error with a way back, else info;
//	                                        commit: warning with a way back, else info]
//	SHARD_COUNT_MISMATCH           error    [as TOPOLOGY_MISMATCH]
//	BALANCER_ON                    error    sharded: chunks may move [always]
//	BALANCER_UNKNOWN               error
//	UNIQUE_INDEX_NOT_ON_ALL_SHARDS error    a shard lacks a unique index of the source [as TOPOLOGY_MISMATCH, way back]
//	ARBITER_PRESENT                info     warning where a majority write needs every data-bearing voter
//	MEMBER_WITHOUT_INDEXES         warning
//	MEMBER_NOT_HEALTHY             warning  neither primary, secondary nor arbiter
//	TOPOLOGY_FITS                  info
//
// unique-index-format (about the cluster that a reverse will write to; before a start or commit with a way back
// every error is a warning, without one the check says nothing):
//
//	UNIQUE_INDEXES_UNKNOWN         error    nothing could be read, or the members are not known
//	UNIQUE_INDEX_MEMBER_NOT_ASKED  error    a data-bearing member did not answer
//	UNIQUE_INDEX_OLD_FORMAT        error    validate warns of this index
//	UNIQUE_INDEX_NOT_VALIDATED     error    the format looks old and validate could not tell
//	UNIQUE_INDEXES_MORE            error    what is over 200 indexes, summed up; info when all validate clean
//	UNIQUE_INDEX_VALIDATED         info     the format looks old and validate finds nothing
//	UNIQUE_INDEXES_CLEAN           info     no index refuses
//
// oplog-window (before a start or commit with a way back it judges how long the way back will stay open; without one it
// says nothing):
//
//	OPLOG_UNKNOWN                  error    [warning]
//	REVERSE_START_UNKNOWN          error
//	REVERSE_POINT_LOST             error    the destination's oplog begins after the reverse start point
//	OPLOG_WINDOW_SHORT             warning  less than an hour left [less than 24 hours at the source's pace]
//	OPLOG_GROWTH_UNKNOWN           info     [the source's oplog is too young to tell its pace]
//	OPLOG_WINDOW_FITS              info     with the time left and the growth in its evidence
//
// divergence (about the old source, once it is committed):
//
//	SOURCE_NOT_BLOCKED             error    [start, way back; commit: warning] the source would stay open
//	WRITE_BLOCK_UNKNOWN            error
//	OLD_SOURCE_OPEN                error    user writes are not blocked
//	DIVERGENCE_UNKNOWN             error    it cannot be proven that nobody wrote
//	OLD_SOURCE_WRITTEN             error    somebody wrote; what, where and when
//	OLD_SOURCE_UNTOUCHED           info
//
// way-back (only before a start or commit with a way back): runs the rules of permissions, versions, topology and
// unique-index-format as for a reverse:
//
//	WAY_BACK_CLOSED                warning  a reverse would be refused, and what for
//	WAY_BACK_OPEN                  info     nothing that these four look at would refuse it; others' checks are not asked
package checks
