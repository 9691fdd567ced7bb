// Package permissions checks that the engine's users may do what this sync and this direction need, on each side.
package permissions

import (
	"context"
	"slices"

	"github.com/revsync/revsync/checks/internal/unknown"
	"github.com/revsync/revsync/sdk"
)

// Check is the component.
func Check() sdk.Part {
	return sdk.Check("permissions", judge,
		sdk.PhasePreflight, sdk.PhasePreStart, sdk.PhasePreCommit, sdk.PhasePreReverse).
		Needs(sdk.FactRights, sdk.FactOptions)
}

func judge(_ context.Context, _ sdk.Host, r *sdk.Request) ([]sdk.Finding, error) {
	if !r.Facts.Options.Known {
		return []sdk.Finding{unknown.Options()}, nil
	}
	return append(side(r, sdk.RoleSource), side(r, sdk.RoleDestination)...), nil
}

func side(r *sdk.Request, role sdk.Role) []sdk.Finding {
	cluster, rights := r.Sync.Cluster(role).Name, r.Facts.Rights.Of(role)
	if !rights.Known {
		return []sdk.Finding{unknown.Fact("RIGHTS_UNKNOWN", "what the connected user may do", cluster, rights.Error)}
	}
	if !rights.Authenticated {
		return []sdk.Finding{unauthenticated(r, role, cluster)}
	}
	p := planFor(r, role)
	var findings []sdk.Finding
	for _, n := range p.now {
		if !rights.May(n.action, n.on) {
			findings = append(findings, missing(sdk.SeverityError, "PRIVILEGE_MISSING", n, p.roles, rights, cluster))
		}
	}
	for _, n := range p.later {
		if !rights.May(n.action, n.on) {
			findings = append(findings, missing(sdk.SeverityWarning, "PRIVILEGE_MISSING_FOR_REVERSE", n, p.roles, rights, cluster))
		}
	}
	for _, n := range p.next {
		if !rights.May(n.action, n.on) {
			findings = append(findings, missing(sdk.SeverityInfo, "PRIVILEGE_MISSING_FOR_NEXT_REVERSE", n, p.roles, rights, cluster))
		}
	}
	if !slices.ContainsFunc(findings, func(f sdk.Finding) bool { return f.Severity != sdk.SeverityInfo }) {
		findings = append(findings, sdk.Infof("PRIVILEGES_SUFFICIENT", "the user of %s may do all that this sync needs there", cluster).On(cluster))
	}
	if p.validates && !rights.May(validate.action, validate.on) {
		findings = append(findings, cannotValidate(rights, cluster))
	}
	return findings
}

// unauthenticated judges a connection without a user. Access control is off then, so nothing is forbidden, with one
// exception: the user write block holds back everybody who is not a user with the right to bypass it.
func unauthenticated(r *sdk.Request, role sdk.Role, cluster string) sdk.Finding {
	if r.Trigger == sdk.TriggerReverse || r.Facts.Options.Blocks(role) || r.Facts.Options.Reversible {
		return sdk.Errorf("AUTHENTICATION_OFF", "%s has no users: a user write block there would hold back the engine too", cluster).
			On(cluster).
			Cure("run %s with access control (a key file or authorization: enabled), create a user with the documented roles, and put it into the connection string; or sync without write blocking and without reversible", cluster)
	}
	return sdk.Infof("ACCESS_CONTROL_OFF", "%s has no users, so everything is allowed there", cluster).On(cluster)
}

func cannotValidate(rights sdk.Rights, cluster string) sdk.Finding {
	return sdk.Infof("VALIDATE_NOT_ALLOWED",
		"the user of %s may not run validate: unique indexes whose format looks old cannot be cleared of the suspicion", cluster).
		On(cluster).Cure("%s", remedy(validate, "dbAdminAnyDatabase", rights))
}
