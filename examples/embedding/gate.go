package main

import (
	"context"
	"log"

	"github.com/revsync/revsync/checks"
	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/sdk"
)

// gate has every start, commit and reverse judged by the checks that revsync brings and by one that is this program's own.
func gate(ctx context.Context) *plugins.Gate {
	builtin, err := checks.Builtin(ctx)
	if err != nil {
		log.Fatal(err)
	}
	return plugins.Options{Required: checks.Required()}.NewRunner(builtin, own()).Bind(guest.Hosts{}) // lasts as long as the program
}

// own is this program's module, which is not loaded from anywhere.
func own() plugins.Module {
	check := sdk.Check("freeze", freeze, sdk.PhasePreflight, sdk.PhasePreStart, sdk.PhasePreCommit, sdk.PhasePreReverse)
	return plugins.Native(sdk.Module{Name: "acme.freeze", Version: "1.0.0", Parts: []sdk.Part{check.Asks(sdk.RoleAny, "count")}})
}

// freeze refuses while there is a document in operations.freezes on either side.
func freeze(ctx context.Context, h sdk.Host, _ *sdk.Request) ([]sdk.Finding, error) {
	for _, side := range []sdk.Role{sdk.RoleSource, sdk.RoleDestination} {
		var found struct{ N int }
		err := sdk.RunCommand(ctx, h, sdk.Command{Cluster: side, Database: "operations", Name: "count", Value: "freezes"}, &found)
		if err != nil {
			return nil, err
		}
		if found.N > 0 {
			return []sdk.Finding{sdk.Errorf("FREEZE", "operations.freezes on the %s holds %d documents: somebody has asked for quiet", side, found.N).
				Cure("ask who wrote them, and delete them when it is over")}, nil
		}
	}
	return nil, nil
}
