package plugins

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/sdk"
)

func TestGrantsToReadContents(t *testing.T) {
	asked := []sdk.Capability{{Cluster: sdk.RoleSource, Op: sdk.OpFind, Namespaces: []string{"app.orders", "shop"}},
		{Cluster: sdk.RoleAny, Op: sdk.OpAggregate}}
	grant := func(cluster sdk.Role, op string, namespaces ...string) sdk.Capability {
		return sdk.Capability{Cluster: cluster, Op: op, Namespaces: namespaces}
	}
	for name, c := range map[string]struct {
		grant sdk.Capability
		says  string // "" when it is right
	}{
		"as asked":                    {grant(sdk.RoleSource, sdk.OpFind, "app.orders", "shop"), ""},
		"part of a database":          {grant(sdk.RoleSource, sdk.OpFind, "shop.a.b"), ""},
		"part of everything":          {grant(sdk.RoleDestination, sdk.OpAggregate, "x", "y.z"), ""},
		"everything":                  {grant(sdk.RoleAny, sdk.OpAggregate), ""},
		"a database, a part is asked": {grant(sdk.RoleSource, sdk.OpFind, "app"), `find "app" on source: the module does not ask for it`},
		"another collection":          {grant(sdk.RoleSource, sdk.OpFind, "shop", "app.orders2"), `find "app.orders2"`},
		"everything, a part is asked": {grant(sdk.RoleSource, sdk.OpFind), "does not ask for all of them"},
		"both sides, one is asked":    {grant(sdk.RoleAny, sdk.OpFind, "shop"), `find "shop" on any`},
		"a closed database":           {grant(sdk.RoleSource, sdk.OpAggregate, "admin"), "database admin is closed to modules"},
		"the engine's own":            {grant(sdk.RoleSource, sdk.OpAggregate, "revsync_internal.state"), "closed to modules"},
		"a system collection":         {grant(sdk.RoleSource, sdk.OpAggregate, "app.system.profile"), "the server's own"},
		"no name":                     {grant(sdk.RoleSource, sdk.OpAggregate, "a b"), "not a database's name"},
		"an operation without rights": {grant(sdk.RoleSource, sdk.OpCursorNext), "need a grant"},
		"an unknown operation":        {grant(sdk.RoleSource, "http.request"), "need a grant"},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, c.grant.Validate())
			err := matchGrant(c.grant, asked)
			if c.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.says)
		})
	}
	for _, bad := range []sdk.Capability{
		{Cluster: sdk.RoleSource, Op: sdk.OpRunCommand, Commands: []string{"count"}, Namespaces: []string{"app"}},
		{Cluster: sdk.RoleSource, Op: sdk.OpFind, Commands: []string{"find"}},
		grant(sdk.RoleSource, sdk.OpFind, ""), grant(sdk.RoleSource, sdk.OpFind, "app."), grant(sdk.RoleSource, sdk.OpFind, ".c"),
	} {
		require.Error(t, bad.Validate(), "%+v would look as if it limited something", bad)
	}
}
