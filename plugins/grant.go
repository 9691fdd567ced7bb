package plugins

import (
	"fmt"
	"slices"

	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/sdk"
)

// matchGrant reports how a grant goes beyond what the component asks for, or beyond what the engine ever gives. Such
// a grant would do nothing: an operator who wrote it believes something that is not so.
func matchGrant(g sdk.Capability, asked []sdk.Capability) error {
	if g.Op != sdk.OpRunCommand {
		return fmt.Errorf("grant of %q: only %s needs a grant", g.Op, sdk.OpRunCommand)
	}
	if len(g.Commands) == 0 {
		return fmt.Errorf("grant of %s names no command", g.Op)
	}
	for _, command := range g.Commands {
		if !slices.Contains(guest.Commands(), command) {
			return fmt.Errorf("grant of command %q: it is not on the read-only list", command)
		}
		if !asksFor(g, command, asked) {
			return fmt.Errorf("grant of command %q on %s: the module does not ask for it", command, g.Cluster)
		}
	}
	return nil
}

func asksFor(g sdk.Capability, command string, asked []sdk.Capability) bool {
	sides := []sdk.Role{g.Cluster}
	if g.Cluster == sdk.RoleAny {
		sides = []sdk.Role{sdk.RoleSource, sdk.RoleDestination}
	}
	for _, side := range sides {
		if !slices.ContainsFunc(asked, func(c sdk.Capability) bool { return c.Allows(side, g.Op, command) }) {
			return false
		}
	}
	return true
}
