// Package deadman has the kernel end this process when it does not say in time
// that it is alive. A process that was suspended with a command in hand cannot
// look at its clock between waking up and sending it, so its own care does not
// suffice: a timer of the kernel kills it while it sleeps, and it never wakes.
package deadman

import "errors"

// ErrUnsupported is New's answer where the operating system has no such timer.
var ErrUnsupported = errors.New("this operating system has no timer that kills a suspended process")
