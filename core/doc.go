// Package core is the engine of revsync and the way to embed it: it keeps one
// MongoDB cluster in step with another, cuts over on command, and can turn the
// direction round without copying again.
//
// # Duties of the host, in order
//
//  1. Make a Syncer with New; it checks the options and contacts nobody.
//  2. Call Run once, in a goroutine of its own. It connects, takes up what an
//     earlier life left, and works until its context ends (nil) or until
//     something that trying again cannot cure (an error; the record says where
//     to go on).
//  3. Call Start, Pause, Resume, Commit and Reverse as needed, from any
//     goroutine. Each answers when the state has changed; the work that follows
//     goes on by itself and is seen in Progress.
//     RepairUniqueIndexes makes indexes anew that a reverse would be refused for.
//  4. To stop, end Run's context and wait for Run to return.
//
// # What is promised
//
// Each line names the test that proves it.
//
//   - No write that a majority acknowledged on the open side is missing after a
//     commit or a reverse: TestRoundTrips (core), TestCrashAtEveryStep
//     (cmd/revsync), TestPlansKeepEveryPromise (core/cutover).
//   - Given one owner, never two sides open; canWrite is true on at most one:
//     TestPlansKeepEveryPromise, TestRoundTrips.
//   - Changes to one document are applied in their order, whatever the type of
//     its _id: TestKeysAgainstIndex and TestChanges (core/applier).
//   - At COMMITTED documents, field order, indexes, options and views are equal
//     on both sides: TestRoundTrips, by a scan that shares no code with the engine.
//   - After kill -9 at any step a restart resumes by itself, and finished ranges
//     are not copied again: TestCrashAtEveryStep, TestResume (core/copier).
//   - A reverse that is refused, or fails before its point of no return, leaves
//     COMMITTED as it was: TestRefusedReverse (core), TestPlansKeepEveryPromise.
//   - A unique index that may hold keys of MongoDB 4.0, on whatever member, is
//     never made non-unique: TestRelaxRefusesAnOldSecondary (core/schema),
//     TestOldIndexesRefuseTheReverse (core).
//   - A check that cannot answer is a refusal: the tests of package plugins.
//   - Changes too large for a change event (over 16 MB with their keys) are applied
//     like all others: TestLargeEvents (core/applier).
//   - A schema change holds up only the collections it concerns: TestOthersGoPast,
//     TestCrashWhileOthersGoPast (core/applier).
//   - Queues and exchanges take at most MemoryCeiling (256 MB), however slow the
//     destination is, if the runtime is given MemoryLimit: TestMemoryCeiling
//     (core/applier, core/copier).
//   - A record that is damaged or of another version is refused, and no field of it
//     ever becomes a default: TestMeta, FuzzRecord (core/meta).
//   - One owner: a second process waits until the lease has run out, and an owner
//     that cannot renew stops first: TestMeta (core/meta), TestOneOwner and
//     TestSuspendedOwner (cmd/revsync). With Options.KillWhenSuspended one that is
//     suspended does not wake up again once its lease is over: TestSuspended
//     (core/internal/deadman).
//
// # What is not promised
//
//   - Reads on the destination before a commit: they may be in the middle of
//     anything, also of a transaction.
//   - Changes of documents with an _id of more than 3 MB: no change stream can
//     deliver them for certain; the sync then stops with an error.
//   - Natural order of documents, except in capped collections.
//   - Writes that the server itself rolled back: those that no majority had.
//   - A way back once the destination's oplog no longer reaches the reverse
//     start point; progress tells how long it will.
//   - Two owners at once where nothing can prevent it: without
//     Options.KillWhenSuspended, elsewhere than on Linux, or on a virtual machine
//     whose clock stood still while it was paused, an owner that is suspended
//     between the check of its lease and a command sends that one command when it
//     wakes, after another process has taken over.
//
// # Words
//
// initial sync: copying the collections. Change event application: applying the
// source's change stream afterwards. Position: a resume token and the cluster
// time in it. Low watermark: the position before which everything is applied and
// acknowledged. Fence: the user write block. Cutover: what commit does. Reverse
// start point: the position on the destination where the way back begins. Point
// of no return: the record write after which a plan only goes forward. Epoch: how
// often the direction was reversed. Relaxed: a destination's collections while
// they are written by the engine, without uniqueness, TTL and caps.
package core
