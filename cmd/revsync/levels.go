package main

import (
	"fmt"
	"log/slog"
	"strings"
)

// The levels beyond slog's own, as mongosync has them.
const (
	levelTrace = slog.LevelDebug - 4
	levelFatal = slog.LevelError + 4
	levelPanic = slog.LevelError + 8
)

var levelNames = []struct {
	level slog.Level
	name  string
}{
	{levelTrace, "trace"}, {slog.LevelDebug, "debug"}, {slog.LevelInfo, "info"}, {slog.LevelWarn, "warn"},
	{slog.LevelError, "error"}, {levelFatal, "fatal"}, {levelPanic, "panic"},
}

// parseLevel reads a level's name in any letter case.
func parseLevel(text string) (slog.Level, error) {
	for _, l := range levelNames {
		if strings.EqualFold(l.name, text) {
			return l.level, nil
		}
	}
	return 0, fmt.Errorf("verbosity is %q; use TRACE, DEBUG, INFO, WARN, ERROR, FATAL or PANIC", text)
}

// levelName is the name of a level, or of the nearest one below it.
func levelName(level slog.Level) string {
	name := levelNames[0].name
	for _, l := range levelNames {
		if level >= l.level {
			name = l.name
		}
	}
	return name
}
