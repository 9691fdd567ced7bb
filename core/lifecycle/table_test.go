package lifecycle_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/lifecycle"
)

// TestEveryCell walks all 7 states times 10 triggers: ten rows, sixty refusals.
func TestEveryCell(t *testing.T) {
	rows := map[lifecycle.State]map[lifecycle.Trigger]lifecycle.State{
		"INITIALIZING": {"connected": "IDLE"},
		"IDLE":         {"start": "RUNNING"},
		"RUNNING":      {"pause": "PAUSED", "commit": "COMMITTING"},
		"PAUSED":       {"resume": "RUNNING"},
		"COMMITTING":   {"commit done": "COMMITTED", "commit undone": "RUNNING"},
		"COMMITTED":    {"reverse": "REVERSING"},
		"REVERSING":    {"reverse done": "RUNNING", "reverse undone": "COMMITTED"},
	}
	legal, refused := 0, 0
	for _, s := range lifecycle.States {
		for _, tr := range append(append([]lifecycle.Trigger{}, lifecycle.Commands...), lifecycle.Events...) {
			next, err := lifecycle.Next(s, tr)
			if want, ok := rows[s][tr]; ok {
				require.NoError(t, err)
				require.Equal(t, want, next)
				legal++
				continue
			}
			illegal, ok := errors.AsType[*lifecycle.IllegalError](err)
			require.True(t, ok, "%s in %s must be refused", tr, s)
			require.Contains(t, illegal.Error(), string(s), "a refusal names the state")
			require.Equal(t, s, next, "a refusal changes nothing")
			refused++
		}
	}
	require.Equal(t, 10, legal)
	require.Equal(t, 60, refused)
}

func TestMappingIsItsOwnInverse(t *testing.T) {
	m := lifecycle.Mapping{Source: lifecycle.Cluster0, Destination: lifecycle.Cluster1}
	require.NoError(t, m.Validate())
	require.NotEqual(t, m, m.Reversed())
	require.Equal(t, m, m.Reversed().Reversed())
	require.Error(t, lifecycle.Mapping{Source: "cluster0", Destination: "cluster0"}.Validate())
	require.Error(t, lifecycle.Mapping{Source: "cluster0", Destination: "cluster2"}.Validate())
}
