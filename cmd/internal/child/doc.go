// Package child runs the built revsync binary as a child process and talks to it
// over its REST API, as an operator's script would. The programs that show,
// measure and torture revsync share it.
package child
