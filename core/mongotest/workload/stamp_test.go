package workload_test

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/mongotest/workload"
)

// TestHistories: each client has a file of its own, in which every operation has its
// place and time.
func TestHistories(t *testing.T) {
	t.Parallel()
	connect := func(user mongotest.User) *mongo.Client {
		client, err := mongo.Connect(options.Client().ApplyURI(shared.URI(user)).SetMonitor(workload.Monitor()))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, client.Disconnect(t.Context())) })
		return client
	}
	t.Cleanup(func() { dropDatabases(t, shared, "histories") })
	files := map[string]*bytes.Buffer{}
	kinds := []workload.Kind{workload.Append, workload.Transfer, workload.DDL}
	traffic, err := workload.Start(t.Context(), workload.Options{Client: connect(mongotest.App), DDLClient: connect(mongotest.DDL),
		Kinds: kinds, Clients: 1, Operations: 20, Rate: -1, Database: "histories", ServersAreKilled: true,
		Journal: func(kind workload.Kind, client int) io.Writer {
			require.Zero(t, client)
			files[string(kind)] = &bytes.Buffer{}
			return files[string(kind)]
		}})
	require.NoError(t, err)
	defer traffic.Stop()
	require.NoError(t, traffic.WaitEnd(soon(t)))
	require.NoError(t, traffic.Verify(t.Context(), shared.Client(t, mongotest.Root)))
	require.Len(t, files, len(kinds))
	for kind, file := range files {
		lines := bytes.Split(bytes.TrimSpace(file.Bytes()), []byte("\n"))
		require.Len(t, lines, 20, kind)
		for _, line := range lines {
			var entry struct {
				Invoked, At   time.Time
				Kind, What    string
				Outcome       string
				Server        string
				OperationTime struct{ T uint32 }
			}
			require.NoError(t, json.Unmarshal(line, &entry))
			require.Equal(t, kind, entry.Kind)
			require.NotEmpty(t, entry.What)
			require.Equal(t, "acknowledged", entry.Outcome)
			require.False(t, entry.At.Before(entry.Invoked))
			require.Contains(t, entry.Server, shared.Hosts()[0])
			require.InDelta(t, entry.At.Unix(), entry.OperationTime.T, 60)
		}
	}
}
