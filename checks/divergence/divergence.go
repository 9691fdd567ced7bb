// Package divergence checks that nobody has written to the old source since the commit: what flows back in a reverse is
// the difference to what was copied, and a single foreign write makes it wrong.
package divergence

import (
	"context"
	"time"

	"github.com/revsync/revsync/checks/internal/unknown"
	"github.com/revsync/revsync/sdk"
)

// Check is the component.
func Check() sdk.Part {
	return sdk.Check("divergence", judge,
		sdk.PhasePreflight, sdk.PhasePreStart, sdk.PhasePreCommit, sdk.PhasePreReverse).
		Needs(sdk.FactDivergence, sdk.FactWriteBlocking, sdk.FactOptions)
}

func judge(_ context.Context, _ sdk.Host, r *sdk.Request) ([]sdk.Finding, error) {
	o := r.Facts.Options
	switch {
	case !o.Known:
		return []sdk.Finding{unknown.Options()}, nil
	case r.Trigger == sdk.TriggerReverse:
		return append(closed(r), untouched(r)...), nil
	case o.Reversible && !o.Blocks(sdk.RoleSource):
		return []sdk.Finding{unprovable(r)}, nil
	}
	return nil, nil
}

// unprovable is for a sync that wants a way back and will leave its source open.
func unprovable(r *sdk.Request) sdk.Finding {
	f := sdk.Errorf("SOURCE_NOT_BLOCKED", "the sync leaves %s open to users after the commit, so nobody could say then that it was left alone",
		r.Sync.Source.Name).On(r.Sync.Source.Name)
	if r.Trigger == sdk.TriggerCommit { // too late to choose again
		f.Severity = sdk.SeverityWarning
	}
	return f.Cure("start the sync with enableUserWriteBlocking %q", sdk.BlockSourceAndDestination)
}

// closed judges the write block of the old source, without which the next write may come at any moment.
func closed(r *sdk.Request) []sdk.Finding {
	cluster, fence := r.Sync.Source.Name, r.Facts.WriteBlocking.Source
	switch {
	case !fence.Known:
		return []sdk.Finding{unknown.Fact("WRITE_BLOCK_UNKNOWN", "the user write block", cluster, fence.Error)}
	case fence.Mode != sdk.WriteBlockOn:
		return []sdk.Finding{sdk.Errorf("OLD_SOURCE_OPEN", "user writes on %s are not blocked (mode %d)", cluster, fence.Mode).On(cluster).
			Cure("if nobody has written to %s since, close it again: db.adminCommand({setUserWriteBlockMode: 1, global: true})", cluster)}
	}
	return nil
}

func untouched(r *sdk.Request) []sdk.Finding {
	cluster, proof := r.Sync.Source.Name, r.Facts.Divergence
	switch {
	case !proof.Known:
		return []sdk.Finding{unknown.Fact("DIVERGENCE_UNKNOWN", "whether anybody wrote to it since the commit", cluster, proof.Error)}
	case proof.Write != nil:
		w := proof.Write
		f := sdk.Errorf("OLD_SOURCE_WRITTEN", "somebody has written to %s after it was closed: %s on %s at %s",
			cluster, w.Kind, w.Namespace, when(w.At)).On(cluster).Because("at", w.At).Because("kind", w.Kind).
			Cure("the way back is closed; find out who has the right to pass the write block (roles root and restore), and sync in the other direction from nothing")
		f.Resource.Namespace = w.Namespace
		return []sdk.Finding{f}
	case proof.Until.Before(proof.Since):
		return []sdk.Finding{unknown.Fact("DIVERGENCE_UNKNOWN", "whether anybody wrote to it since the commit", cluster,
			"it was read up to "+when(proof.Until)+" only, before "+when(proof.Since))}
	}
	return []sdk.Finding{sdk.Infof("OLD_SOURCE_UNTOUCHED", "nobody has written to %s since %s", cluster, when(proof.Since)).On(cluster).
		Because("since", proof.Since).Because("until", proof.Until)}
}

func when(t sdk.Timestamp) string { return time.Unix(int64(t.T), 0).UTC().Format(time.RFC3339) }
