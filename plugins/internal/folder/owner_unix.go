//go:build unix

package folder

import (
	"io/fs"
	"os"
	"syscall"
)

// checksModes says that permission bits mean something here.
const checksModes = true

func ownedByUser(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}
