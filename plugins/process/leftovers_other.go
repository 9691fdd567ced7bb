//go:build !unix

package process

import "os"

// hold does nothing: there are no locks on folders here.
func hold(string) (*os.File, error) { return nil, nil }

// noteSockets does nothing: nobody reads it.
func noteSockets(string, string) error { return nil }

// sweep does nothing: nobody can tell which folders are in use.
func sweep(string) {}
