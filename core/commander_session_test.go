package core

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/sdk"
)

// commanderKeepsSession reads on in the session of the find, which no other session can.
func commanderKeepsSession(t *testing.T, c Commander) {
	session, end, err := c.(sdk.SessionCommander).OpenSession(t.Context(), "source")
	require.NoError(t, err)
	defer end()
	var reply struct {
		Cursor struct{ ID json.RawMessage }
	}
	require.NoError(t, json.Unmarshal(command(t, session, "source", "app", `{"find":"c","batchSize":1,"maxTimeMS":20000}`), &reply))
	more := fmt.Sprintf(`{"getMore":%s,"collection":"c"}`, reply.Cursor.ID)
	other, endOther, err := c.(sdk.SessionCommander).OpenSession(t.Context(), "source")
	require.NoError(t, err)
	defer endOther()
	requireCode(t, other, sdk.CodeFailedPrecondition, "source", "app", more)
	require.Contains(t, string(command(t, session, "source", "app", more)), `"nextBatch":[{"_id"`)
	requireCode(t, session, sdk.CodeInvalidArgument, "destination", "app", `{"ping":1}`)
	_, _, err = c.(sdk.SessionCommander).OpenSession(t.Context(), "both")
	require.Equal(t, sdk.CodeInvalidArgument, sdk.StatusOf(err).Code)
}
