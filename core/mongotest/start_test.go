package mongotest

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestReservedPortsAreDistinct(t *testing.T) {
	seen := map[int]bool{}
	for range 50 {
		p, err := reservePort()
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, p.release()) })
		require.False(t, seen[p.number])
		seen[p.number] = true
	}
}

// A stranger may take a port between our look at it and mongod's.
func TestTakenPortIsRecognised(t *testing.T) {
	t.Parallel()
	binary, err := Binary(t.Context(), "")
	require.NoError(t, err)
	opts, err := Options{NoAuth: true, Dir: t.TempDir()}.withDefaults()
	require.NoError(t, err)
	p, err := reservePort()
	require.NoError(t, err)
	rs := &ReplicaSet{options: opts}
	m := &Member{set: rs, port: p, dir: opts.Dir, binary: binary}
	rs.members = []*Member{m}
	t.Cleanup(func() { require.NoError(t, rs.Remove()) })
	require.NoError(t, os.Mkdir(filepath.Join(opts.Dir, "data"), 0o755))

	listener, err := net.Listen("tcp", p.host())
	require.NoError(t, err)
	err = m.launch(t.Context())
	require.ErrorIs(t, err, errPortTaken)
	require.NoError(t, listener.Close())
	require.NoError(t, m.launch(t.Context()))
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	full := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(full, "precious"), nil, 0o600))
	for name, c := range map[string]struct {
		opts Options
		says string
	}{
		"two members":    {Options{Members: 2}, "1 or 3 members"},
		"full folder":    {Options{Dir: full}, "is not empty"},
		"unknown option": {Options{Args: []string{"--flavour=mild"}}, "flavour"}, // from mongod's output
		"old with users": {Options{Version: "4.2.6"}, "NoAuth"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Start(t.Context(), c.opts)
			require.ErrorContains(t, err, c.says)
		})
	}
	require.FileExists(t, filepath.Join(full, "precious"))
}

func TestArgsOverride(t *testing.T) {
	opts := Options{Args: []string{
		"--oplogSize", "16", "--wiredTigerCacheSizeGB=1", "--setParameter", "enableTestCommands=0",
		"--setParameter=scramSHA256IterationCount=6000",
	}}
	args := opts.args("")
	for _, replaced := range []string{"256", "0.5", "enableTestCommands=1", "scramSHA256IterationCount=5000"} {
		require.NotContains(t, args, replaced)
	}
	require.Contains(t, args, "diagnosticDataCollectionEnabled=false")
	require.Subset(t, args, opts.Args)
}

func TestOldServersAndUpgrade(t *testing.T) {
	t.Parallel()
	rs := New(t, Options{Version: "4.2.6", NoAuth: true})
	m := rs.Members()[0]
	insert := bson.D{{Key: "insert", Value: "c"}, {Key: "documents", Value: bson.A{bson.D{{Key: "_id", Value: 1}}}}}
	_, err := m.Command(t.Context(), "db", insert)
	require.NoError(t, err)
	_, err = m.Command(t.Context(), "admin", bson.D{{Key: "flavour", Value: 1}})
	require.ErrorContains(t, err, "CommandNotFound")

	require.NoError(t, m.Shutdown(t.Context()))
	require.NoError(t, m.StartVersion(t.Context(), "4.4.2"))
	answer, err := m.Command(t.Context(), "admin", bson.D{{Key: "buildInfo", Value: 1}})
	require.NoError(t, err)
	require.Equal(t, "4.4.2", answer.Lookup("version").StringValue())
	require.EqualValues(t, 1, documents(t, rs))
}

func documents(t *testing.T, rs *ReplicaSet) int64 {
	t.Helper()
	n, err := rs.Client(t, Nobody).Database("db").Collection("c").CountDocuments(t.Context(), bson.D{})
	require.NoError(t, err)
	return n
}

func TestRemoveLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "set")
	rs, err := Start(t.Context(), Options{Dir: dir})
	require.NoError(t, err)
	m := rs.Members()[0]
	require.FileExists(t, m.LogPath())
	require.NoError(t, rs.Stop())
	require.False(t, m.Running())
	require.DirExists(t, dir)
	require.NoError(t, rs.Remove())
	require.NoDirExists(t, dir)
	_, err = net.DialTimeout("tcp", m.Host(), time.Second)
	require.Error(t, err)
}
