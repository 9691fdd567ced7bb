package mongotest

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUnpackChecksWhatItUnpacks(t *testing.T) {
	var packed bytes.Buffer
	writer := zip.NewWriter(&packed)
	file, err := writer.Create("somewhere/deep/bin/mongod")
	require.NoError(t, err)
	_, err = file.Write([]byte("server"))
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	archive, err := zip.NewReader(bytes.NewReader(packed.Bytes()), int64(packed.Len()))
	require.NoError(t, err)
	sum := sha256.Sum256([]byte("server"))
	right := hex.EncodeToString(sum[:])

	path := filepath.Join(t.TempDir(), "mongod")
	require.NoError(t, unpack(archive, map[string]target{"mongod": {path, right}}))
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "server", string(content))

	err = unpack(archive, map[string]target{"mongod": {filepath.Join(t.TempDir(), "m"), right[1:] + "0"}})
	require.ErrorContains(t, err, "checksum mismatch: mongod")
	require.ErrorContains(t, err, "cache purge")

	err = unpack(archive, map[string]target{"libssl": {path, right}})
	require.ErrorContains(t, err, "0 of the 1 files")
}
