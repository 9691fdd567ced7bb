// Package folder guards folders whose content is trusted with running code: what lies in them is executed, so nobody
// else may be able to put something there.
package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	private       = 0o700
	worldWritable = 0o002
)

// Own makes the folder if it is not there, and refuses one that is a link, belongs to somebody else, or lets anybody
// else in; also one in a folder where everybody may rename it. It returns the absolute path.
func Own(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(path, private); err != nil {
		return "", err
	}
	return path, Check(path)
}

// Check is Own for a folder that is there.
func Check(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	switch {
	case !info.IsDir():
		return fmt.Errorf("%s is not a folder (links are not followed)", path)
	case !ownedByUser(info):
		return fmt.Errorf("%s belongs to another user; name a folder of your own", path)
	case info.Mode()&fs.ModeSticky != 0 && info.Mode().Perm()&worldWritable != 0:
		return fmt.Errorf("%s is shared by everybody; name a folder of your own, in it or elsewhere", path)
	case info.Mode().Perm() != private && checksModes:
		return fmt.Errorf("%s has mode %04o, and must be for its owner alone; set that with: chmod 0700 %q", path, info.Mode().Perm(), path)
	}
	return checkParent(filepath.Dir(path))
}

// checkParent refuses a place where everybody may move the folder away and put another in its stead.
func checkParent(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if checksModes && info.Mode().Perm()&worldWritable != 0 && info.Mode()&fs.ModeSticky == 0 {
		return fmt.Errorf("%s is writable for everybody, so that what is in it can be exchanged", path)
	}
	return nil
}

// Temporary makes a new folder of our own in dir, which the caller removes.
func Temporary(dir, pattern string) (string, error) {
	path, err := os.MkdirTemp(dir, pattern)
	if err != nil {
		return "", err
	}
	if err := Check(path); err != nil {
		return "", errors.Join(err, os.Remove(path))
	}
	return path, nil
}
