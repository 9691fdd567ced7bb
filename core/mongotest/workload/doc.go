// Package workload makes traffic as applications make it, remembers every
// answer, and can say afterwards whether a cluster holds all that was promised.
//
// Start runs clients of several kinds against one side, as plain users, with
// majority write concern. A client that is refused by a write block (code 371)
// takes this as "this side is closed" and waits until Switch names the side
// that is open now. An operation without an answer is remembered as unknown: it
// may have been done or not, and both are right. Everything else that the
// server refuses is a failure of the run, because the clients only ask for what
// must work: a duplicate key for a document that its owner has deleted, or an
// update that matches nothing, shows a write that was lost or invented.
//
//	run, err := workload.Start(ctx, workload.Options{Client: app, DDLClient: ddl, Seed: 1})
//	...                                // commit: the source closes
//	err = run.WaitClosed(ctx)          // every client has been refused
//	err = run.Verify(ctx, reader)      // on either side
//	run.Switch(appOnOther, ddlOnOther) // and on they go
//	report := run.Stop()
//	err = run.Verify(ctx, reader)
//
// What the clients check, by kind: see the Kind constants. Whether two sides
// are equal in every byte is not this package's business; package judge says.
//
// Load makes a data set of many shapes to begin with, and Fill a big plain one.
package workload
