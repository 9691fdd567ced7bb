package text

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSprintfIsFmts(t *testing.T) {
	for _, c := range []struct {
		format string
		args   []any
	}{
		{"", nil}, {"plain, 100%% of it", nil}, {"%s%s", []any{"a", ""}}, {"%v and %q", []any{"x", "\"y\"\n\x00ü"}},
		{"%d %d %d %d", []any{-1, int32(2), int64(-1 << 63), uint32(1<<32 - 1)}}, {"%v %v", []any{7, true}}, {"%t", []any{false}},
		{"after %s", []any{90 * time.Second}}, {"%s: %v", []any{errors.New("broken"), errors.New("too")}}, {"%q", []any{time.Minute}},
	} {
		require.Equal(t, fmt.Sprintf(c.format, c.args...), Sprintf(c.format, c.args...))
	}
}

func TestMistakesShow(t *testing.T) {
	for _, c := range []struct {
		format string
		args   []any
	}{{"%s", nil}, {"%d", []any{"a"}}, {"%s", []any{1}}, {"%s", []any{[]int{1}}}, {"%v", []any{1.5}}, {"none", []any{1}}, {"%x", []any{1}}, {"%5d", []any{1}}} {
		require.Contains(t, Sprintf(c.format, c.args...), "%!", c.format)
	}
	require.Equal(t, "50%", Sprintf("50%"), "fmt says that the verb is missing")
}
