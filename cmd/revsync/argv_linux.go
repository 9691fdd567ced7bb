package main

import (
	"strings"
	"unsafe"

	"github.com/revsync/revsync/hostapi/rest"
)

// hideCredentials overwrites connection strings in the memory that ps and
// /proc/<pid>/cmdline show, and gives args a copy of each original.
//
// On Linux the strings of os.Args are not copies: they lie in the argument area
// that the kernel has put on the process's stack, which is writable. Before this
// runs, for some milliseconds, the arguments can be seen; the environment or a
// configuration file avoid that.
func hideCredentials(args []string) {
	for i, arg := range args {
		args[i] = strings.Clone(arg)
		if masked := rest.Redact([]byte(arg)); string(masked) != arg {
			overwrite(arg, masked)
		}
	}
}

// overwrite puts text over the bytes of s and blanks over the rest.
func overwrite(s string, text []byte) {
	memory := unsafe.Slice(unsafe.StringData(s), len(s)) //nolint:gosec // see hideCredentials
	for i := copy(memory, text); i < len(memory); i++ {
		memory[i] = ' '
	}
}
