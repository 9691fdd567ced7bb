// Package schema keeps the collections of a sync: what they are on the source,
// which collection of the destination belongs to each, and how far the
// destination is from the truth.
//
// While a sync runs the destination is relaxed. Changes are applied in another
// order than they were made in, and the server must not add any of its own; so
//
//	on the source              on the destination
//	unique, prepareUnique      neither
//	hidden index               visible
//	expireAfterSeconds: n      2147483647, the largest value
//	capped, size and max       1 PB, without max
//	clustered with a TTL       without it (the server takes no "never" there)
//	a unique and a plain       the plain one only; the unique one is built at
//	index on the same keys     commit, in its real form
//
// The originals are stored in the catalog before anything is relaxed. A commit
// gives them back in two steps: Restore while the destination is fenced, with
// prepareUnique on what is to be unique; EnforceUnique when it is open. A way
// back begins with HandOver, which stores the originals of the new destination,
// and Relax. RelaxAgain undoes Restore, Unrelax undoes Relax.
//
// A collection is known by its UUID, never by its name alone. Commands that
// change one carry collectionUUID (which create, listIndexes and views do not
// know), so that they fail when the name has come to mean another collection.
//
// A view may be stored and not be shown (see RevealViews). What is not shown is
// therefore not taken for gone.
//
// What cannot be carried is refused by name: time series, Queryable Encryption,
// conversions to capped collections while a sync runs. One case cannot be seen
// here: cloneCollectionAsCapped looks like the creation of an empty collection,
// and the documents that it copies appear in no change stream.
package schema
