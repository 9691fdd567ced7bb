// Package copier makes the collection copy of an initial sync: it splits the
// source's collections into ranges of _id, copies every range that is not
// recorded as done, and has the indexes of a collection built as soon as its
// documents are there.
//
// The copy is not a snapshot. A document that changes while it is copied
// arrives in some state between the start of the copy and its end; the change
// events since ReadTime, applied afterwards, bring it to its last one. So it is
// enough, and necessary, that each document which is there during the whole copy
// arrives, and that nothing of the copy is still being written once Copy has
// returned.
//
// Documents are never decoded: the bytes of a batch that the source answered are
// the bytes of an insert command on the destination.
//
// How the goroutines end. There are three kinds in a row: readers take ranges
// and send batches, writers insert batches and send finished collections,
// builders build their indexes. Every send, receive and wait also watches one
// context, which the first error of anyone cancels, so a side that has gone away
// can't hold up another one. A channel is closed by the goroutine that has
// waited for all of its senders, so nobody sends on a closed one. What bounds
// the batches in memory is released by writers only, and a writer waits for
// nothing but the destination.
package copier
