package permissions

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/revsync/revsync/core/facts"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/sdk"
)

// roleSet is a documented set of roles, and those of it that a replica set has no use for: they matter to shards, or
// only to a second reverse.
type roleSet struct {
	roles       string
	superfluous string
}

// What the anchor documents for self-managed clusters, side by side.
var (
	setDefaultSource      = roleSet{roles: "backup clusterMonitor readAnyDatabase"}
	setDefaultDestination = roleSet{roles: "clusterManager clusterMonitor readWriteAnyDatabase restore"}
	setDualSource         = roleSet{roles: "backup clusterManager clusterMonitor readWriteAnyDatabase restore", superfluous: "clusterManager backup"}
	setReverseDestination = roleSet{roles: setDefaultDestination.roles + " backup dbAdminAnyDatabase", superfluous: "clusterManager backup"}
	setReverseSource      = roleSet{roles: setDualSource.roles, superfluous: "clusterManager backup"}
)

// server asks one real server about users as if it were both sides.
type server struct {
	t    *testing.T // of the subtest that runs
	life *testing.T // of the test that has the server
	rs   *mongotest.ReplicaSet
	root *mongo.Client
	made map[string]*mdb.Cluster
}

func newServer(t *testing.T) *server {
	rs := mongotest.New(t, mongotest.Options{})
	return &server{t: t, life: t, rs: rs, root: rs.Client(t, mongotest.Root), made: map[string]*mdb.Cluster{}}
}

// user makes a user with the roles, one for each set of them.
func (s *server) user(roles string) string {
	s.t.Helper()
	name := "u " + roles
	if s.made[name] == nil {
		require.NoError(s.t, s.rs.AddUser(s.t.Context(), mongotest.User(name), strings.Fields(roles)...))
		c, err := mdb.Connect("server", s.rs.URI(mongotest.User(name)))
		require.NoError(s.t, err)
		s.life.Cleanup(c.Close)
		s.made[name] = c
	}
	return name
}

func (s *server) run(cmd bson.D) {
	s.t.Helper()
	require.NoError(s.t, s.root.Database("admin").RunCommand(s.life.Context(), cmd).Err())
}

// judge runs the check on what the server says of two users.
func (s *server) judge(c scenario, source, destination string) []sdk.Finding {
	s.t.Helper()
	r := c.request(s.t, sdk.TopologyReplicaSet)
	r.Facts.Rights = facts.Collect(s.t.Context(), facts.Input{Source: s.made[source], Destination: s.made[destination],
		Families: []string{sdk.FactRights}}).Rights
	return findings(s.t, r)
}

// refusing are the actions that findings refuse for, as "cluster action on resource".
func refusing(list []sdk.Finding) (out []string) {
	for _, f := range list {
		if f.Severity == sdk.SeverityError {
			out = append(out, fmt.Sprintf("%s %s on %s", f.Resource.Cluster, f.Evidence["action"], f.Evidence["resource"]))
		}
	}
	slices.Sort(out)
	return out
}

type pairOfSets struct {
	scenario
	source, destination roleSet
}

func pairs() []pairOfSets {
	list := []pairOfSets{
		{scenario{name: "default", trigger: sdk.TriggerStart, blocking: sdk.BlockDestinationOnly}, setDefaultSource, setDefaultDestination},
		{scenario{name: "default, commit", trigger: sdk.TriggerCommit, blocking: sdk.BlockDestinationOnly}, setDefaultSource, setDefaultDestination},
		{scenario{name: "dual write blocking", trigger: sdk.TriggerCommit, blocking: sdk.BlockSourceAndDestination}, setDualSource, setDefaultDestination},
		{scenario{name: "reversing", trigger: sdk.TriggerReverse, blocking: sdk.BlockSourceAndDestination, reversible: true}, setReverseSource, setReverseDestination},
		{scenario{name: "multiple reversals", trigger: sdk.TriggerReverse, blocking: sdk.BlockSourceAndDestination, reversible: true},
			roleSet{setReverseDestination.roles, "clusterManager backup dbAdminAnyDatabase"}, setReverseDestination},
	}
	for i := range list { // recorded rights, which the server's replace
		list[i].scenario.source, list[i].scenario.destination = "root", "root"
	}
	return list
}

// Each documented set passes. With one role taken away it is refused, naming what that role gave, and granting the role
// that the finding names makes it pass again.
func TestDocumentedRolesOnAServer(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, p := range pairs() {
		t.Run(p.name, func(t *testing.T) {
			s.t = t
			source, destination := s.user(p.source.roles), s.user(p.destination.roles)
			for _, f := range s.judge(p.scenario, source, destination) {
				require.Equal(t, sdk.SeverityInfo, f.Severity, "%s: %s", f.Code, f.Message)
			}
			for _, role := range strings.Fields(p.source.roles) {
				rest := s.user(without(p.source.roles, role))
				s.requireCured(p.scenario, "cluster0", role, p.source, rest, func() []sdk.Finding { return s.judge(p.scenario, rest, destination) })
			}
			for _, role := range strings.Fields(p.destination.roles) {
				rest := s.user(without(p.destination.roles, role))
				s.requireCured(p.scenario, "cluster1", role, p.destination, rest, func() []sdk.Finding { return s.judge(p.scenario, source, rest) })
			}
		})
	}
}

func without(roles, role string) string {
	return strings.Join(slices.DeleteFunc(strings.Fields(roles), func(r string) bool { return r == role }), " ")
}

var grantRole = regexp.MustCompile(`^db\.getSiblingDB\("admin"\)\.grantRolesToUser\("([^"]+)", \[\{role: "(\w+)", db: "admin"\}\]\)`)

// requireCured takes the findings' word for what cures them.
func (s *server) requireCured(c scenario, cluster, role string, set roleSet, user string, judge func() []sdk.Finding) {
	s.t.Helper()
	list := judge()
	if slices.Contains(strings.Fields(set.superfluous), role) {
		require.Empty(s.t, refusing(list), "%s: %s without %s", c.name, cluster, role)
		return
	}
	require.NotEmpty(s.t, refusing(list), "%s: %s without %s", c.name, cluster, role)
	granted := map[string]bool{}
	for _, f := range list {
		if f.Severity != sdk.SeverityError {
			continue
		}
		require.Equal(s.t, "PRIVILEGE_MISSING", f.Code)
		require.Equal(s.t, cluster, f.Resource.Cluster)
		require.Contains(s.t, f.Message, fmt.Sprintf("lacks action %s on %s", f.Evidence["action"], f.Evidence["resource"]))
		m := grantRole.FindStringSubmatch(f.Remediation)
		require.NotNil(s.t, m, f.Remediation)
		require.Equal(s.t, user, m[1])
		granted[m[2]] = true
	}
	for name := range granted {
		s.run(bson.D{{Key: "grantRolesToUser", Value: user}, {Key: "roles", Value: bson.A{name}}})
	}
	require.Empty(s.t, refusing(judge()), "%s: %s without %s, granted %v", c.name, cluster, role, granted)
	for name := range granted { // the next scenario begins from the same user
		s.run(bson.D{{Key: "revokeRolesFromUser", Value: user}, {Key: "roles", Value: bson.A{name}}})
	}
}

// A role with nothing but the minimum passes; each single action taken away is named, alone, and the command that the
// finding prints for the role gives it back.
func TestMinimumPrivilegesOnAServer(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, p := range pairs() {
		for _, side := range []sdk.Role{sdk.RoleSource, sdk.RoleDestination} {
			t.Run(p.name+" "+string(side), func(t *testing.T) {
				s.t = t
				r := p.request(t, sdk.TopologyReplicaSet)
				needs := planFor(r, side).now
				role := strings.ReplaceAll(fmt.Sprintf("minimum-%s-%s", p.name, side), " ", "-")
				s.run(bson.D{{Key: "createRole", Value: role}, {Key: "privileges", Value: bson.A{}}, {Key: "roles", Value: bson.A{}}})
				minimal, full := s.user(role), s.user("root")
				judge := func() []sdk.Finding {
					if side == sdk.RoleSource {
						return s.judge(p.scenario, minimal, full)
					}
					return s.judge(p.scenario, full, minimal)
				}
				s.setRole(role, needs)
				require.Empty(t, refusing(judge()))
				for i, n := range needs {
					s.setRole(role, slices.Delete(slices.Clone(needs), i, i+1))
					list := judge()
					want := fmt.Sprintf("%s %s on %s", r.Sync.Cluster(side).Name, n.action, n.on)
					require.Equal(t, []string{want}, refusing(list))
					s.obey(list, role)
					require.Empty(t, refusing(judge()), "after what the finding about %s says", want)
				}
			})
		}
	}
}

func (s *server) setRole(role string, needs []need) {
	s.t.Helper()
	privileges := bson.A{}
	for _, n := range needs {
		privileges = append(privileges, bson.D{{Key: "resource", Value: resource(n.on)}, {Key: "actions", Value: bson.A{n.action}}})
	}
	s.run(bson.D{{Key: "updateRole", Value: role}, {Key: "privileges", Value: privileges}})
}

func resource(p sdk.Pattern) bson.D {
	switch {
	case p.Cluster:
		return bson.D{{Key: "cluster", Value: true}}
	case p.SystemBuckets != nil:
		return bson.D{{Key: "db", Value: p.DB}, {Key: "system_buckets", Value: *p.SystemBuckets}}
	}
	return bson.D{{Key: "db", Value: p.DB}, {Key: "collection", Value: p.Collection}}
}

var (
	grantPrivilege = regexp.MustCompile(`db\.getSiblingDB\("admin"\)\.grantPrivilegesToRole\("([^"]+)", (\[\{resource: .*\}\])\)$`)
	bareKey        = regexp.MustCompile(`([{ ])(\w+): `)
)

// obey sends the command that the one refusing finding prints, as mongosh would.
func (s *server) obey(list []sdk.Finding, role string) {
	s.t.Helper()
	i := slices.IndexFunc(list, func(f sdk.Finding) bool { return f.Severity == sdk.SeverityError })
	m := grantPrivilege.FindStringSubmatch(list[i].Remediation)
	require.NotNil(s.t, m, list[i].Remediation)
	require.Equal(s.t, role, m[1])
	var doc bson.D
	require.NoError(s.t, bson.UnmarshalExtJSON([]byte(`{"privileges": `+bareKey.ReplaceAllString(m[2], `$1"$2": `)+`}`), false, &doc))
	s.run(append(bson.D{{Key: "grantPrivilegesToRole", Value: role}}, doc...))
}

func TestNoAccessControlOnAServer(t *testing.T) {
	t.Parallel()
	rs := mongotest.New(t, mongotest.Options{NoAuth: true})
	c, err := mdb.Connect("server", rs.URI(mongotest.Nobody))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	s := &server{t: t, rs: rs, made: map[string]*mdb.Cluster{"nobody": c}}
	for _, p := range pairs() {
		var codes []string
		for _, f := range s.judge(p.scenario, "nobody", "nobody") {
			codes = append(codes, string(f.Severity)+" "+f.Code+" "+f.Resource.Cluster)
		}
		want := []string{"error AUTHENTICATION_OFF cluster0", "error AUTHENTICATION_OFF cluster1"}
		if p.blocking == sdk.BlockDestinationOnly {
			want[0] = "info ACCESS_CONTROL_OFF cluster0"
		}
		require.Equal(t, want, codes, p.name)
	}
}
