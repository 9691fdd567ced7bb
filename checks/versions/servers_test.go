package versions

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/checks/internal/checktest"
	"github.com/revsync/revsync/core/facts"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/sdk"
)

// started answers a set of the version without access control, or skips.
func started(t *testing.T, o mongotest.Options) *mongotest.ReplicaSet {
	t.Helper()
	if _, err := mongotest.Binary(t.Context(), o.Version); err != nil {
		t.Skipf("mongod %s is not to be had here: %v", o.Version, err)
	}
	o.NoAuth = true
	return mongotest.New(t, o)
}

func dial(t *testing.T, rs *mongotest.ReplicaSet) *mdb.Cluster {
	t.Helper()
	c, err := mdb.Connect("server", rs.URI(mongotest.Nobody))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// lines judges two real clusters before a reverse.
func lines(t *testing.T, source, destination *mdb.Cluster) []string {
	t.Helper()
	f := facts.Collect(t.Context(), facts.Input{Source: source, Destination: destination, Families: []string{sdk.FactVersions}})
	f.Options = sdk.Options{Known: true, Reversible: true, EnableUserWriteBlocking: sdk.BlockSourceAndDestination}
	list, err := judge(t.Context(), nil, &sdk.Request{Trigger: sdk.TriggerReverse, Facts: f,
		Sync: sdk.Sync{Source: sdk.Cluster{Name: "cluster0"}, Destination: sdk.Cluster{Name: "cluster1"}}})
	require.NoError(t, err)
	return checktest.Lines(list)
}

func TestServersOfEachMajor(t *testing.T) {
	t.Parallel()
	all := map[string]*mdb.Cluster{}
	for _, v := range []string{"4.4.2", "5.0.4", "6.0.5", "6.0.27"} {
		all[v] = dial(t, started(t, mongotest.Options{Version: v}))
	}
	for name, c := range map[string]struct {
		source, destination string
		want                []string
	}{
		"4.4 onto 6.0": {"4.4.2", "6.0.27", []string{"error VERSION_TOO_OLD cluster0", "error FCV_TOO_OLD cluster0", "error MAJOR_VERSION_MISMATCH"}},
		"6.0 onto 4.4": {"6.0.27", "4.4.2", []string{"error VERSION_TOO_OLD cluster1", "error FCV_TOO_OLD cluster1", "error MAJOR_VERSION_MISMATCH"}},
		"5.0 onto 6.0": {"5.0.4", "6.0.27", []string{"error VERSION_TOO_OLD cluster0", "error FCV_TOO_OLD cluster0", "error MAJOR_VERSION_MISMATCH"}},
		"6.0 onto 5.0": {"6.0.27", "5.0.4", []string{"error VERSION_TOO_OLD cluster1", "error FCV_TOO_OLD cluster1", "error MAJOR_VERSION_MISMATCH"}},
		"5.0 onto 5.0": {"5.0.4", "5.0.4", []string{"error VERSION_TOO_OLD cluster0", "error FCV_TOO_OLD cluster0", "error VERSION_TOO_OLD cluster1",
			"error FCV_TOO_OLD cluster1", "info VERSIONS_MATCH"}},
		"6.0.27 onto itself": {"6.0.27", "6.0.27", []string{"info VERSIONS_MATCH"}},
		"a patch that is known to be bad": {"6.0.27", "6.0.5", []string{"warning PATCH_KNOWN_BAD cluster1", "warning PATCH_BELOW_FLOOR cluster1",
			"info VERSIONS_MATCH"}},
	} {
		require.Equal(t, c.want, lines(t, all[c.source], all[c.destination]), name)
	}
}

// The feature compatibility version decides, not only the binary, and while it changes nothing may begin.
func TestFeatureCompatibilityOnServers(t *testing.T) {
	t.Parallel()
	rs := started(t, mongotest.Options{Version: "6.0.27"})
	c, root := dial(t, rs), rs.Client(t, mongotest.Nobody).Database("admin")
	require.Equal(t, []string{"info VERSIONS_MATCH"}, lines(t, c, c))

	set := func(fcv string) error {
		return root.RunCommand(t.Context(), bson.D{{Key: "setFeatureCompatibilityVersion", Value: fcv}}).Err()
	}
	change := func(failPoint, fcv string) {
		fail := func(mode string) {
			require.NoError(t, root.RunCommand(t.Context(), bson.D{{Key: "configureFailPoint", Value: failPoint}, {Key: "mode", Value: mode}}).Err())
		}
		fail("alwaysOn")
		require.Error(t, set(fcv), "it stops half-way")
		require.Equal(t, []string{"error FCV_CHANGING cluster0", "error FCV_CHANGING cluster1", "info VERSIONS_MATCH"}, lines(t, c, c))
		fail("off")
		require.NoError(t, set(fcv))
	}
	change("failDowngrading", "5.0")
	require.Equal(t, []string{"error FCV_TOO_OLD cluster0", "error FCV_TOO_OLD cluster1", "info VERSIONS_MATCH"}, lines(t, c, c))
	change("failUpgrading", "6.0")
	require.Equal(t, []string{"info VERSIONS_MATCH"}, lines(t, c, c))
}

// A member of another patch release is found by asking it, not its primary; one that is away is not taken for equal.
func TestMembersOfOtherReleases(t *testing.T) {
	t.Parallel()
	rs := started(t, mongotest.Options{Version: "6.0.27", Members: 3})
	c := dial(t, rs)
	require.Equal(t, []string{"info VERSIONS_MATCH"}, lines(t, c, c))
	primary, err := rs.Primary(t.Context())
	require.NoError(t, err)
	var other *mongotest.Member
	for _, m := range rs.Members() {
		if m != primary {
			other = m
		}
	}
	require.NoError(t, other.Shutdown(t.Context()))
	require.Contains(t, lines(t, c, c), "warning MEMBER_VERSION_UNKNOWN cluster0")
	require.NoError(t, other.StartVersion(t.Context(), "6.0.24"))
	require.Equal(t, []string{"warning MEMBER_PATCH_MIXED cluster0", "warning MEMBER_PATCH_MIXED cluster1", "info VERSIONS_MATCH"}, lines(t, c, c))
}
