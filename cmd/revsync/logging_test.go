package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestLogKeysAreThoseOfMongosync(t *testing.T) {
	var out bytes.Buffer
	logger := component(newLogger(&out, slog.LevelDebug, "coordinator"), "engine")
	logger.Log(context.Background(), levelFatal, "the end", "lagMillis", 12, "error", errors.New("no primary"))
	var line map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &line))
	at, err := time.Parse(time.RFC3339, line["time"].(string))
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), at, time.Minute)
	delete(line, "time")
	require.Equal(t, map[string]any{"level": "fatal", "message": "the end", "mongosyncID": "coordinator", "componentName": "engine",
		"pid": float64(os.Getpid()), "lagMillis": float64(12), "error": "no primary"}, line)
}

func TestLevels(t *testing.T) {
	for _, l := range levelNames {
		for _, text := range []string{l.name, strings.ToUpper(l.name)} {
			level, err := parseLevel(text)
			require.NoError(t, err)
			require.Equal(t, l.level, level)
		}
		require.Equal(t, l.name, levelName(l.level))
	}
	require.Equal(t, "info", levelName(slog.LevelInfo+1))
	var out bytes.Buffer
	logger := newLogger(&out, slog.LevelWarn, "x")
	logger.Info("not this")
	require.Empty(t, out.String())
	logger.Warn("this")
	require.Contains(t, out.String(), `"level":"warn"`)
}

func TestNoCredentialsInAnyAttribute(t *testing.T) {
	const uri = "mongodb://eve:s3cret@db.example:27017/?tlsCertificateKeyFilePassword=hush"
	var out bytes.Buffer
	logger := newLogger(&out, slog.LevelDebug, "x").With("uri", uri)
	logger.Info("connect "+uri, "error", errors.New("bad: "+uri), "list", []string{uri}, "any", struct{ URI string }{uri},
		slog.Group("g", "uri", uri), "long", strings.Repeat("x", maxFieldBytes-20)+uri)
	require.NotContains(t, out.String(), "s3cret")
	require.NotContains(t, out.String(), "eve:")
	require.NotContains(t, out.String(), "hush")
	require.Contains(t, out.String(), "db.example")
	require.True(t, json.Valid(out.Bytes()), out.String())
}

func TestLongFieldsAreCut(t *testing.T) {
	require.Equal(t, "short", shorten("short"))
	require.Len(t, shorten(strings.Repeat("x", maxFieldBytes)), maxFieldBytes)
	cut := shorten("x" + strings.Repeat("é", maxFieldBytes))
	require.LessOrEqual(t, len(cut), maxFieldBytes+len("..."))
	require.True(t, utf8.ValidString(cut))
	require.True(t, strings.HasSuffix(cut, "..."))
}

// logs are the names in a log folder; compression goes on in the background, so
// an ending .gz is taken off.
func logs(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	names := map[string]bool{}
	for _, e := range entries {
		names[strings.TrimSuffix(e.Name(), ".gz")] = true
	}
	list := []string{}
	for name := range names {
		list = append(list, name)
	}
	return list
}

func TestAnEarlierLogIsRotatedAtStart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "by", "us")
	first, err := openLog(dir, nil)
	require.NoError(t, err)
	require.Equal(t, []string{"revsync.log"}, logs(t, dir))
	_, err = first.Write([]byte("first run\n"))
	require.NoError(t, err)
	require.NoError(t, first.Close())

	second, err := openLog(dir, nil)
	require.NoError(t, err)
	_, err = second.Write([]byte("second run\n"))
	require.NoError(t, err)
	require.NoError(t, second.Close())
	text, err := os.ReadFile(filepath.Join(dir, "revsync.log"))
	require.NoError(t, err)
	require.Equal(t, "second run\n", string(text))
	names := logs(t, dir)
	require.Len(t, names, 2)
	for _, name := range names {
		if name != "revsync.log" {
			require.Regexp(t, `^revsync-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}\.log$`, name)
		}
	}
}

func TestABadLogPathIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := openLog(filepath.Join(file, "logs"), nil)
	require.ErrorContains(t, err, "logPath")
}
