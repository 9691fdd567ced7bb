// Package applier replays a source's change events on a destination: in order
// for each document, in parallel across documents, and again from an earlier
// position after any interruption without changing the outcome.
//
//	stream -> dispatcher -> K workers -> destination
//	              |             |
//	              +-> watermark <+ -> position -> checkpoint
//
// The stream is read as raw bytes. The dispatcher reads an event's header only,
// and hands it to the worker that its document's key belongs to. A schema event is
// applied when everything before it is done; until then and meanwhile the barrier
// keeps what lies behind it in the same collections, and the rest goes past. A
// change too large for an event comes without its document, which the worker reads
// from the source (see guard). A worker turns what its queue holds
// into a few commands per collection. The watermark knows up to which event all
// is acknowledged by a majority, and only that position is ever stored.
//
// # Why replaying converges
//
// A run may start with documents that are newer than the position it starts
// from: the copy read them later, or an earlier run applied more than it could
// record. Inserts, replacements and deletes set or remove the whole document, so
// from the first of them on the document is exact. Before it, deltas hit a newer
// document. A delta assigns absolute values to paths, so after the whole suffix
// of the history was replayed each path holds what the last delta or document
// gave it, which is what it held before. A delta that does not fit the shape it
// meets is ignored by the server or refused; a refusal is answered with the
// source's current document (see repair.go). MongoDB's own initial sync rests on
// the same property. What it needs is that a suffix is replayed completely and
// in order for each document, which is what key, stages and watermark see to.
package applier
