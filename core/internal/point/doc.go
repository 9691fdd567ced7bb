// Package point names the moments at which a crash is interesting. In a normal
// build Hit does nothing. Built with the tag crashpoints, the process kills
// itself with SIGKILL at the point that REVSYNC_CRASH_AT names ("name" or
// "name#3" for the third time it is reached), so that a test can end the real
// binary at an exact step. With "stop name" it suspends itself with SIGSTOP
// instead, and goes on from there when it is continued.
package point
