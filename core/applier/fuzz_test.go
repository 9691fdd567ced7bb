package applier

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// corpus is the ids of FuzzKey's committed inputs.
func corpus(t *testing.T) (out []value) {
	for _, doc := range inputs(t, "FuzzKey") {
		if v, ok := storableID(doc); ok {
			out = append(out, v)
		}
	}
	require.NotEmpty(t, out)
	return out
}

// inputs are the committed inputs of a fuzz target with one []byte argument.
func inputs(t testing.TB, target string) (out [][]byte) {
	files, err := filepath.Glob(filepath.Join("testdata", "fuzz", target, "*"))
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		_, quoted, _ := strings.Cut(strings.TrimSpace(string(text)), "[]byte(")
		data, err := strconv.Unquote(strings.TrimSuffix(quoted, ")"))
		require.NoError(t, err, file)
		out = append(out, []byte(data))
	}
	return out
}

// FuzzDecode feeds events to the header reader: whatever comes is either an
// error or an event with all that its kind needs. The corpus holds real events
// of every kind.
func FuzzDecode(f *testing.F) {
	f.Fuzz(func(t *testing.T, doc []byte) {
		e, err := decode(doc)
		if err != nil {
			return
		}
		require.False(t, e.time.IsZero())
		require.NotNil(t, e.token)
		if e.kind == ddl {
			require.NotEmpty(t, e.operation)
			return
		}
		require.False(t, e.uuid.IsZero())
		require.NotZero(t, e.id.kind)
		require.True(t, e.kind == remove || e.body != nil || e.bodyless)
		_, _ = keyOf(&target{}, e.id, nil)
		_ = needsLiteral(e.body)
	})
}

func TestDecodeRealEvents(t *testing.T) {
	kinds := map[string]int{}
	for _, doc := range inputs(t, "FuzzDecode") {
		e, err := decode(doc)
		if err != nil {
			kinds["refused"]++
			continue
		}
		name := e.operation
		if e.kind != ddl {
			name = []string{"insert", "update", "replace", "delete"}[e.kind]
		}
		kinds[name]++
	}
	for _, name := range []string{"insert", "update", "replace", "delete", "create", "drop", "rename", "dropDatabase", "createIndexes", "dropIndexes", "modify", "refused"} {
		require.Positive(t, kinds[name], name)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, name := range []string{"invalidate", "shardCollection", "migrateChunkToNewShard", "insertion", ""} {
		_, err := decode(eventAt(t, 7, name))
		require.ErrorContains(t, err, fmt.Sprintf("change event of unknown type %q at 7,0 on d.c", name))
	}
	for _, name := range []string{"insert", "update", "replace"} {
		_, err := decode(eventAt(t, 7, name))
		require.ErrorContains(t, err, "lacks the document or delta")
	}
	whole := eventAt(t, 7, "delete")
	for i := range whole {
		_, err := decode(whole[:i])
		require.ErrorIs(t, err, errCutShort)
	}
}
