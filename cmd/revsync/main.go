// Command revsync keeps one MongoDB cluster in step with another, commits the
// move, and can turn the direction round. It is the server (revsync serve) and
// the client of its REST interface (revsync start, progress, commit, ...).
package main

import "os"

// version is set at build time with -ldflags "-X main.version=...".
var version = "dev"

func main() {
	hideCredentials(os.Args)
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}
