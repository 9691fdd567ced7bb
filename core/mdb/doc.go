// Package mdb is the only package of the engine that talks to a server. It
// sends raw commands and hands out raw replies: a document that only passes
// through is never decoded. It knows clusters, not directions: nothing here can
// tell a source from a destination.
//
// Every call takes a context and gives up at its deadline; calls without a
// deadline get CommandTimeout. Errors come in classes (see Class) that decide
// whether to try again.
package mdb
