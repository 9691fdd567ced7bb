// Package cases reads case files: scenarios in which an engine that follows
// change streams can lose, double or invent a write. TestCases plays each file of
// testdata on two real replica sets with the real binary; adding a case is
// adding a file. One case alone:
//
//	go test ./core/cases -run 'TestCases/P05'
//
// With CASES_LOG=1 and -v the engine's output is shown of cases that pass, too.
//
// # A file
//
// Comment lines begin with #; the first one says what is at stake. Then come
// headers ("runs: copy reverse"), then sections, each of which begins with a
// line "-- name" and holds one statement a line. A line that begins with white
// space goes on with the statement above it.
//
//	# Equal numbers of other types are one key to the server: ...
//	-- before
//	insert d.c {_id: 7}
//	-- during
//	delete d.c {_id: 7}
//	insert d.c {_id: double(7)}
//	-- after
//	expect find d.c {} [{_id: double(7)}]
//
// # Runs
//
// The sections before and during are played several times, in one life of the
// two clusters, with a reverse between the runs, so that each cluster is the
// source of one:
//
//   - copy: before is written before the start, so it arrives by the collection
//     copy alone; during is written while the engine is suspended within the
//     initial sync (header "suspend", copy.schema.done by default), so it is
//     in the copy and in the replayed changes.
//   - reverse: the sync was committed and reversed; everything is dropped, and
//     before and during arrive by change event application alone.
//   - replay: reversed again, and what during did is applied twice, because the
//     engine is killed with kill -9. "replay: data" keeps the position from being
//     stored and kills when all is applied; "replay: ddl", the default where a
//     command in during changes the schema, kills right after each schema change,
//     so that each is repeated; "replay: no" does without.
//
// Each run ends with a commit, a comparison of both clusters by core/mongotest/judge,
// and the section after, whose expectations are asked of both sides. The header
// "runs" names the runs of a case when not all make sense.
//
// A case with a section script says itself when the engine starts, dies and
// commits. Its runs are forward, and reverse if the script ends in COMMITTED; in
// the latter the sync runs already when the script says start.
//
// Other headers: "oplog: small" has servers of its own with an oplog that is
// overwritten after some 60 MB; "equal: no" leaves the comparison out, for cases
// that end before a commit.
//
// # Values
//
// Values are Extended JSON, in which keys need no quotes and these may be written
// for short: NaN, Infinity, -Infinity, -0.0, MinKey, MaxKey, long(7), double(7),
// decimal(7.0), date(0) (milliseconds), oid(24 hex digits), binary(subtype in hex, base64),
// ts(seconds, increment), symbol("a"), code("f()"), regex("a", "i"), uuid(8-4-4-4-12 hex digits),
// undefined, pad(1000) (a string of that length) and list(1000) (the numbers from 0).
//
// # Statements that write
//
// They go to the source as a plain user; "on destination", "on cluster0" and "on
// cluster1" before one send it elsewhere. "fails 11000" before one wants that error
// code.
//
//	insert NS DOC...            update NS QUERY CHANGE [OPTIONS]
//	bulk NS COUNT TEMPLATE      updates NS QUERY CHANGE   (all that match)
//	replace NS QUERY DOC        delete NS QUERY           (all that match)
//	command DB {...}            any command, as a user who may change collections
//	admin DB {...}              any command, as root
//	begin T [SIDE], end T, abort T
//	                            a transaction; "in T" before a statement makes it a part
//	overwrite SIDE [admin]      updates until the oplog holds nothing of what it holds now;
//	                            in admin, which is not synced, they wait for the sync
//
// In a template @i is the number of the document.
//
// # Statements of a script
//
//	start [{...}]               start a reversible sync (options added to the request)
//	launch [crash POINT], launch suspend POINT, launch swapped
//	                            run the binary: it dies or is suspended at a point, or
//	                            gets the clusters the other way round
//	kill, restart, dies, suspended, continue
//	commit, reverse             and wait for COMMITTED, for RUNNING
//	post commit                 the command alone; also pause, resume, reverse, start
//	refused reverse CODE TEXT   the command is refused with this code and text
//	wait applied                all that was written to the source has arrived
//	wait state STATE, wait FIELD TEXT
//	                            until the progress field contains the text
//	failpoint SIDE {...}        failCommand, for the engine's connections only
//	failpoint SIDE off
//	hold SIDE NS, release SIDE  inserts into a collection hang
//	record {...}                $set on the stored record
//	exits TEXT                  the process ends with an error that contains the text
//	writer NS, writer ddl DB    documents, or schema changes, one after another until
//	                            they are refused with 371
//	writer done                 it was refused, and both sides have what was acknowledged
//	terminate                   two stop signals in a row; the process ends with 0
//	server SIDE kill, start, pause, continue, stepdown
//
// # Expectations
//
//	expect equal                both clusters are the same
//	expect find NS QUERY [DOC...]   in the order of _id; capped collections: of insertion
//	expect count NS N
//	expect index NS NAME {...}  the fields named are so
//	expect options NS {...}
//	expect FIELD TEXT           the progress field contains the text
//	expect missing NS
//	expect state STATE, expect closed SIDE
//	expect on SIDE ...          of the documents and the schema of one side
//
// # The regression list
//
// P01 to P14 are named after scenarios in which other engines lose data; R is what
// the release notes of another engine list as fixed, each of which is a mistake
// that was made; H are further hazards. Of R these are missing: shard keys with
// several dots, and documents that the balancer moves during a long read, which
// are about sharded clusters; and a replica set without a replicaSetId, because a
// server of 6.0 whose configuration was robbed of it came up with one again. Index
// options that only servers before 4.2 stored, and a 2dsphere index without a
// version, cannot be made on 6.0 either; their cases go as far as the server lets
// them.
package cases
