package oldformat

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/revsync/revsync/core/mongotest"
)

//go:embed data-6.0.tar.gz
var packed []byte

// New starts a set for a test, like mongotest.New, whose first member has the
// data. Other members copy it by an initial sync, which makes the indexes anew:
// theirs are clean. The servers must be 6.0.
func New(tb mongotest.TB, opts mongotest.Options) *mongotest.ReplicaSet {
	tb.Helper()
	opts.Seed = Seed
	return mongotest.New(tb, opts)
}

// Seed is a mongotest.Options.Seed that unpacks the data for the first member.
func Seed(member int, folder string) error {
	if member > 0 {
		return nil
	}
	zipped, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	files := tar.NewReader(zipped)
	for {
		head, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = unpack(head, files, folder)
		}
		if err != nil {
			return fmt.Errorf("unpack the data of 4.0: %w", err)
		}
	}
}

// unpack writes one file; the archive holds nothing else.
func unpack(head *tar.Header, content io.Reader, folder string) error {
	if !filepath.IsLocal(head.Name) {
		return fmt.Errorf("%q leads out of the folder", head.Name)
	}
	path := filepath.Join(folder, head.Name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}
