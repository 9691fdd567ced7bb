package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/sdk"
)

// TestTheSourceDoesNotPlayTheDestination: a command for a cluster that nobody named is refused, with the flag to name it.
func TestTheSourceDoesNotPlayTheDestination(t *testing.T) {
	for _, c := range []struct {
		uris         []string
		asked, wants string
	}{
		{nil, "source", "no cluster was named: give --record"},
		{[]string{"mongodb://127.0.0.1:9"}, "destination", "the destination was not named: give a second --record"},
	} {
		live, err := connectLive(recordFlag, c.uris)
		require.NoError(t, err)
		commander := live.commander().(sdk.SessionCommander)
		_, err = commander.RunCommand(t.Context(), c.asked, "admin", json.RawMessage(`{"buildInfo":1}`))
		require.Equal(t, &sdk.StatusError{Code: sdk.CodeUnavailable, Message: c.wants}, err)
		_, _, err = commander.OpenSession(t.Context(), c.asked)
		require.Equal(t, &sdk.StatusError{Code: sdk.CodeUnavailable, Message: c.wants}, err)
		live.close()
	}
}
