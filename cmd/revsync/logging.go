package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/natefinch/lumberjack.v2"

	"github.com/revsync/revsync/hostapi/rest"
)

// Bounds of the log: a field, a file, and how many compressed old files stay.
const (
	maxFieldBytes   = 1024
	maxLogMegabytes = 200
	maxOldLogs      = 50
)

// logFile is where log lines go: standard output, or a file that can be rotated.
type logFile struct {
	io.Writer
	file *lumberjack.Logger // nil for standard output
}

// openLog opens <logPath>/revsync.log; a file of an earlier run is rotated out of
// the way under the name revsync-<time>.log, and compressed.
func openLog(logPath string, stdout io.Writer) (*logFile, error) {
	if logPath == "" {
		return &logFile{Writer: stdout}, nil
	}
	if err := os.MkdirAll(logPath, 0o750); err != nil {
		return nil, fmt.Errorf("logPath: %w", err)
	}
	name := filepath.Join(logPath, "revsync.log")
	file := &lumberjack.Logger{Filename: name, MaxSize: maxLogMegabytes, MaxBackups: maxOldLogs, Compress: true}
	l := &logFile{Writer: file, file: file}
	if old, err := os.Stat(name); err == nil && old.Size() > 0 {
		return l, l.rotate()
	}
	if _, err := file.Write(nil); err != nil { // opens the file, so that a bad folder is found now
		return nil, fmt.Errorf("logPath: %w", err)
	}
	return l, nil
}

func (l *logFile) rotate() error {
	if l.file == nil {
		return nil
	}
	if err := l.file.Rotate(); err != nil {
		return fmt.Errorf("rotate the log in %s: %w", filepath.Dir(l.file.Filename), err)
	}
	return nil
}

// Close closes the file; standard output stays open.
func (l *logFile) Close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

// newLogger writes JSON lines with mongosync's keys: time, level, message,
// mongosyncID and pid; componentName is added by whoever hands the logger on.
func newLogger(w io.Writer, level slog.Level, id string) *slog.Logger {
	handler := slog.NewJSONHandler(redacted{w}, &slog.HandlerOptions{Level: level, ReplaceAttr: replaceAttr})
	return slog.New(handler).With("mongosyncID", id, "pid", os.Getpid())
}

func component(l *slog.Logger, name string) *slog.Logger { return l.With("componentName", name) }

// redacted takes credentials out of each line, whatever attribute they are in.
type redacted struct{ io.Writer }

func (r redacted) Write(line []byte) (int, error) {
	if _, err := r.Writer.Write(rest.Redact(line)); err != nil {
		return 0, err
	}
	return len(line), nil
}

func replaceAttr(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 {
		switch a.Key {
		case slog.TimeKey:
			return slog.String(a.Key, a.Value.Time().Format("2006-01-02T15:04:05.000Z07:00"))
		case slog.LevelKey:
			if level, ok := a.Value.Any().(slog.Level); ok {
				return slog.String(a.Key, levelName(level))
			}
		case slog.MessageKey:
			a.Key = "message"
		}
	}
	if err, ok := a.Value.Any().(error); ok {
		a.Value = slog.StringValue(err.Error())
	}
	if a.Value.Kind() == slog.KindString {
		a.Value = slog.StringValue(shorten(a.Value.String()))
	}
	return a
}

// shorten cuts a long text. Credentials go first: the cut could take away the
// "@" by which they are known.
func shorten(text string) string {
	if len(text) <= maxFieldBytes {
		return text
	}
	text = string(rest.Redact([]byte(text)))
	return strings.ToValidUTF8(text[:min(len(text), maxFieldBytes)], "") + "..."
}

// logSettings says what this process was started with; never a connection string.
func logSettings(l *slog.Logger, s settings) {
	l.Info("revsync starts", "version", version, "port", s.port, "bindIp", s.bindIP, "loadLevel", s.loadLevel,
		"verbosity", strings.ToUpper(s.verbosity), "logPath", s.logPath, "pluginDirs", s.pluginDirs, "pluginTrustedKeys", s.pluginTrustedKeys,
		"pluginRequired", s.pluginRequired)
}
