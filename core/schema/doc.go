// Package schema keeps the collections of a sync: what they are on the source,
// which collection of the destination belongs to each, and how far the
// destination is from the truth.
package schema
