package plugins

import (
	"errors"
	"fmt"
	"slices"

	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/sdk"
)

// matchGrant reports how a grant goes beyond what the component asks for, or beyond what the engine ever gives. Such
// a grant would do nothing: an operator who wrote it believes something that is not so.
func matchGrant(g sdk.Capability, asked []sdk.Capability) error {
	switch g.Op {
	case sdk.OpRunCommand:
		return matchCommands(g, asked)
	case sdk.OpFind, sdk.OpAggregate:
		return matchNamespaces(g, asked)
	}
	return fmt.Errorf("grant of %q: only %s, %s and %s need a grant", g.Op, sdk.OpRunCommand, sdk.OpFind, sdk.OpAggregate)
}

func matchCommands(g sdk.Capability, asked []sdk.Capability) error {
	if len(g.Commands) == 0 {
		return fmt.Errorf("grant of %s names no command", g.Op)
	}
	for _, command := range g.Commands {
		if !slices.Contains(guest.Commands(), command) {
			return fmt.Errorf("grant of command %q: it is not on the read-only list", command)
		}
		if !onEachSide(g, asked, func(c sdk.Capability, side sdk.Role) bool { return c.Allows(side, g.Op, command) }) {
			return fmt.Errorf("grant of command %q on %s: the module does not ask for it", command, g.Cluster)
		}
	}
	return nil
}

// matchNamespaces looks at a grant to read contents. One without namespaces is for all of them.
func matchNamespaces(g sdk.Capability, asked []sdk.Capability) error {
	if len(g.Namespaces) == 0 {
		everything := func(c sdk.Capability, side sdk.Role) bool { return len(c.Namespaces) == 0 && c.Allows(side, g.Op, "") }
		if !onEachSide(g, asked, everything) {
			return fmt.Errorf("grant of %s on %s names no namespaces: the module does not ask for all of them", g.Op, g.Cluster)
		}
		return nil
	}
	var wrong []error
	for _, ns := range g.Namespaces {
		if err := guest.CheckNamespace(ns); err != nil {
			wrong = append(wrong, fmt.Errorf("grant of %s %q: %w", g.Op, ns, err))
		} else if !onEachSide(g, asked, func(c sdk.Capability, side sdk.Role) bool { return c.Allows(side, g.Op, ns) }) {
			wrong = append(wrong, fmt.Errorf("grant of %s %q on %s: the module does not ask for it", g.Op, ns, g.Cluster))
		}
	}
	return errors.Join(wrong...)
}

// onEachSide reports whether for each side of the grant something that is asked for covers it.
func onEachSide(g sdk.Capability, asked []sdk.Capability, covers func(c sdk.Capability, side sdk.Role) bool) bool {
	sides := []sdk.Role{g.Cluster}
	if g.Cluster == sdk.RoleAny {
		sides = []sdk.Role{sdk.RoleSource, sdk.RoleDestination}
	}
	for _, side := range sides {
		if !slices.ContainsFunc(asked, func(c sdk.Capability) bool { return covers(c, side) }) {
			return false
		}
	}
	return true
}
