package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/sdk"
	"github.com/revsync/revsync/sdk/sdktest"
)

// judge asks the check as an ordinary function: no engine, no MongoDB, no WASM.
func judge(t *testing.T, reply string) (sdk.Finding, error) {
	t.Helper()
	host := &sdktest.Host{Answer: func(_ string, asked json.RawMessage) (json.RawMessage, error) {
		require.JSONEq(t, `{"cluster": "source", "database": "admin", "command": {"dbStats": 1}}`, string(asked))
		return json.RawMessage(reply), nil
	}}
	r := &sdk.Request{Trigger: sdk.TriggerReverse, Config: json.RawMessage(`{"freeGiB": 2}`)}
	findings, err := room(t.Context(), host, r)
	if err != nil {
		return sdk.Finding{}, err
	}
	require.Len(t, findings, 1)
	return findings[0], nil
}

func TestRoom(t *testing.T) {
	f, err := judge(t, `{"fsTotalSize": 10737418240, "fsUsedSize": 1073741824}`)
	require.NoError(t, err)
	require.Equal(t, sdk.Infof("DISK_HAS_ROOM", "the disk of the source has 9.0 GiB free"), f)
	f, err = judge(t, `{"fsTotalSize": 10737418240, "fsUsedSize": 9663676416}`)
	require.NoError(t, err)
	require.Equal(t, "DISK_NEARLY_FULL", f.Code)
	require.Equal(t, sdk.SeverityError, f.Severity)
	_, err = judge(t, `{"ok": 1}`)
	require.ErrorContains(t, err, "does not say")
}
