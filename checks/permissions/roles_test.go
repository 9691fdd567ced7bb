package permissions

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/sdk"
)

// rights reads what connectionStatus answered on a 6.0.5 server to a user with one documented role set.
func rights(t *testing.T, name string) sdk.Rights {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join("testdata", "roles", name+".json"))
	require.NoError(t, err)
	var info struct {
		Users      []sdk.User      `json:"authenticatedUsers"`
		Roles      []sdk.RoleName  `json:"authenticatedUserRoles"`
		Privileges []sdk.Privilege `json:"authenticatedUserPrivileges"`
	}
	require.NoError(t, json.Unmarshal(doc, &info))
	require.NotEmpty(t, info.Privileges)
	return sdk.Rights{Known: true, Authenticated: true, Users: info.Users, Roles: info.Roles, Privileges: info.Privileges}
}

type scenario struct {
	name                string
	trigger             sdk.Trigger
	blocking            string
	reversible          bool
	source, destination string
}

var documented = []scenario{
	{"default", sdk.TriggerStart, sdk.BlockDestinationOnly, false, "default-source", "default-destination"},
	{"default, commit", sdk.TriggerCommit, sdk.BlockDestinationOnly, false, "default-source", "default-destination"},
	{"dual write blocking", sdk.TriggerStart, sdk.BlockSourceAndDestination, false, "dual-source", "default-destination"},
	{"reversing", sdk.TriggerReverse, sdk.BlockSourceAndDestination, true, "dual-source", "reverse-destination"},
	{"start of a reversible sync", sdk.TriggerStart, sdk.BlockSourceAndDestination, true, "dual-source", "reverse-destination"},
	{"multiple reversals", sdk.TriggerReverse, sdk.BlockSourceAndDestination, true, "multi-source", "multi-source"},
	{"root", sdk.TriggerReverse, sdk.BlockSourceAndDestination, true, "root", "root"},
}

func (s scenario) request(t *testing.T, kind sdk.TopologyKind) *sdk.Request {
	return &sdk.Request{Trigger: s.trigger,
		Sync: sdk.Sync{Source: sdk.Cluster{Name: "cluster0", Topology: kind}, Destination: sdk.Cluster{Name: "cluster1", Topology: kind}},
		Facts: sdk.Facts{
			Options: sdk.Options{Known: true, Reversible: s.reversible, EnableUserWriteBlocking: s.blocking},
			Rights:  sdk.PerCluster[sdk.Rights]{Source: rights(t, s.source), Destination: rights(t, s.destination)},
		}}
}

func findings(t *testing.T, r *sdk.Request) []sdk.Finding {
	t.Helper()
	list, err := judge(t.Context(), nil, r)
	require.NoError(t, err)
	return list
}

func TestDocumentedRoleSetsPass(t *testing.T) {
	for _, s := range documented {
		for _, kind := range []sdk.TopologyKind{sdk.TopologyReplicaSet, sdk.TopologySharded, ""} {
			t.Run(s.name+" "+string(kind), func(t *testing.T) {
				for _, f := range findings(t, s.request(t, kind)) {
					require.Equal(t, sdk.SeverityInfo, f.Severity, "%s: %s", f.Code, f.Message)
				}
			})
		}
	}
}

// Each action taken away from everything the user has leads to findings about that action and no other.
func TestEachActionTakenAwayIsNamed(t *testing.T) {
	for _, s := range documented {
		t.Run(s.name, func(t *testing.T) {
			for _, role := range []sdk.Role{sdk.RoleSource, sdk.RoleDestination} {
				r := s.request(t, sdk.TopologySharded)
				p := planFor(r, role)
				require.NotEmpty(t, p.now)
				for _, n := range p.now {
					r := s.request(t, sdk.TopologySharded)
					take(r, role, n)
					requireNamed(t, findings(t, r), n, r.Sync.Cluster(role).Name)
				}
			}
		})
	}
}

// take removes an action on every resource that covers the need.
func take(r *sdk.Request, role sdk.Role, n need) {
	side := &r.Facts.Rights.Source
	if role == sdk.RoleDestination {
		side = &r.Facts.Rights.Destination
	}
	for i, p := range side.Privileges {
		one := sdk.Rights{Privileges: []sdk.Privilege{p}}
		if one.May(n.action, n.on) {
			side.Privileges[i].Actions = slices.DeleteFunc(slices.Clone(p.Actions),
				func(a string) bool { return a == n.action || a == "anyAction" })
		}
	}
}

func requireNamed(t *testing.T, list []sdk.Finding, n need, cluster string) {
	t.Helper()
	named := false
	for _, f := range list {
		if f.Severity != sdk.SeverityError {
			continue
		}
		require.Equal(t, "PRIVILEGE_MISSING", f.Code)
		require.Equal(t, cluster, f.Resource.Cluster)
		require.Equal(t, n.action, f.Evidence["action"], "another action is named")
		if f.Evidence["resource"] == n.on.String() {
			named = true
			require.Contains(t, f.Message, n.action+" on "+n.on.String())
			require.Contains(t, f.Remediation, `db.getSiblingDB("admin").grantRolesToUser("sync", [{role: "`, "%s on %s", n.action, n.on)
		}
	}
	require.True(t, named, "%s on %s is not named", n.action, n.on)
}

// The role that the remediation names must hold the action: it is compared with the one-role users of the server.
func TestRemediesNameARoleOfTheSide(t *testing.T) {
	for _, s := range documented {
		for _, role := range []sdk.Role{sdk.RoleSource, sdk.RoleDestination} {
			p := planFor(s.request(t, sdk.TopologySharded), role)
			for _, n := range append(slices.Clone(p.now), p.later...) {
				holders := strings.Fields(grantedBy()[n.key()])
				require.True(t, slices.ContainsFunc(strings.Fields(p.roles), func(r string) bool { return slices.Contains(holders, r) }),
					"%s: no documented role of the %s holds %s on %s", s.name, role, n.action, n.on)
			}
		}
	}
}

func TestTooLittle(t *testing.T) {
	cases := map[string]struct {
		scenario
		want map[string]string // action → code
	}{
		"default roles before a reverse": {scenario{trigger: sdk.TriggerReverse, blocking: sdk.BlockSourceAndDestination, reversible: true,
			source: "default-source", destination: "default-destination"},
			map[string]string{"bypassWriteBlockingMode": "PRIVILEGE_MISSING", "insert": "PRIVILEGE_MISSING", "collMod": "PRIVILEGE_MISSING", "dropDatabase": "PRIVILEGE_MISSING"}},
		"start of a reversible sync with the roles of a dual one": {scenario{trigger: sdk.TriggerStart, blocking: sdk.BlockSourceAndDestination, reversible: true,
			source: "dual-source", destination: "default-destination"},
			map[string]string{"dropDatabase": "PRIVILEGE_MISSING_FOR_REVERSE"}},
		"a plain user": {scenario{trigger: sdk.TriggerStart, blocking: sdk.BlockDestinationOnly, source: "readWriteAnyDatabase", destination: "readWriteAnyDatabase"},
			map[string]string{"appendOplogNote": "PRIVILEGE_MISSING", "serverStatus": "PRIVILEGE_MISSING", "collMod": "PRIVILEGE_MISSING", "setUserWriteBlockMode": "PRIVILEGE_MISSING"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := map[string]string{}
			for _, f := range findings(t, c.request(t, sdk.TopologyReplicaSet)) {
				if action, ok := f.Evidence["action"].(string); ok {
					got[action] = f.Code
				}
			}
			for action, code := range c.want {
				require.Equal(t, code, got[action], "%s; got %v", action, got)
			}
			require.NotContains(t, got, "listShards", "a replica set needs nothing that only shards have")
		})
	}
}

// An Atlas user is judged by what it may do, like any other; only the cure is another.
func TestAtlasIsToldInItsOwnWords(t *testing.T) {
	r := documented[3].request(t, sdk.TopologyReplicaSet)
	side := &r.Facts.Rights.Source
	side.Roles = []sdk.RoleName{{Role: "atlasAdmin", DB: "admin"}}
	for _, f := range findings(t, r) {
		require.Equal(t, sdk.SeverityInfo, f.Severity, "%s: nothing is missing, so nothing refuses: %s", f.Code, f.Message)
	}

	side.Privileges = nil
	var refused []string
	for _, f := range findings(t, r) {
		if f.Code == "PRIVILEGE_MISSING" {
			require.Equal(t, sdk.SeverityError, f.Severity, "%s", f.Message)
			require.Equal(t, "cluster0", f.Resource.Cluster)
			require.Contains(t, f.Remediation, "in the Atlas project (Database Access)")
			require.NotContains(t, f.Remediation, "grantRolesToUser")
			refused = append(refused, f.Evidence["action"].(string))
		}
	}
	var needed []string
	for _, n := range planFor(r, sdk.RoleSource).now {
		needed = append(needed, n.action)
	}
	require.NotEmpty(t, needed)
	require.Equal(t, needed, refused)
}
