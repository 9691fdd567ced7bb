// Package meta keeps what a sync must not forget, in the database
// revsync_internal on the destination of the running direction: the record
// (one document, compare-and-set), and the lease that makes one process its
// owner. Lists that grow are kept by the packages that use them.
package meta
