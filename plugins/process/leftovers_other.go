//go:build !unix

package process

import "os"

// hold does nothing: there are no locks on folders here.
func hold(string) (*os.File, error) { return nil, nil }

// sweep does nothing: nobody can tell which folders are in use.
func sweep(string) {}
