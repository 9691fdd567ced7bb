// Package versions checks that both clusters run releases that this sync, and a way back, can work with.
package versions

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/revsync/revsync/checks/internal/unknown"
	"github.com/revsync/revsync/sdk"
)

// Check is the component.
func Check() sdk.Part {
	return sdk.Check("versions", judge,
		sdk.PhasePreflight, sdk.PhasePreStart, sdk.PhasePreCommit, sdk.PhasePreReverse).
		Needs(sdk.FactVersions, sdk.FactOptions)
}

const oldestMajor = 6

func judge(_ context.Context, _ sdk.Host, r *sdk.Request) ([]sdk.Finding, error) {
	if !r.Facts.Options.Known {
		return []sdk.Finding{unknown.Options()}, nil
	}
	findings := append(side(r, sdk.RoleSource), side(r, sdk.RoleDestination)...)
	source, errSource := parse(r.Facts.Versions.Source)
	destination, errDestination := parse(r.Facts.Versions.Destination)
	if errSource == nil && errDestination == nil {
		findings = append(findings, pair(r, source, destination)...)
	}
	return findings, nil
}

// release is a server version and the feature compatibility it runs under.
type release struct {
	major, minor, patch int
	text, fcv           string
}

func (v release) series() string { return strconv.Itoa(v.major) + "." + strconv.Itoa(v.minor) }

func parse(f sdk.Versions) (release, error) {
	if !f.Known {
		return release{}, errors.New("not known: " + f.Error)
	}
	v, err := parseArray(f.VersionArray)
	v.text, v.fcv = f.Version, f.FCV
	if err == nil && f.FCV == "" {
		err = errors.New("the feature compatibility version is missing")
	}
	return v, err
}

func parseArray(array []int) (release, error) {
	if len(array) < 3 || array[0] <= 0 {
		return release{}, errors.New("versionArray is not that of a version")
	}
	return release{major: array[0], minor: array[1], patch: array[2]}, nil
}

// side judges one cluster by itself.
func side(r *sdk.Request, role sdk.Role) []sdk.Finding {
	cluster, facts := r.Sync.Cluster(role).Name, r.Facts.Versions.Of(role)
	v, err := parse(facts)
	if err != nil {
		return []sdk.Finding{unknown.Fact("VERSION_UNKNOWN", "the server version", cluster, err.Error())}
	}
	var findings []sdk.Finding
	switch {
	case v.major < oldestMajor:
		findings = append(findings, tooOld("VERSION_TOO_OLD", "server version", v.text, cluster))
	case v.minor != 0:
		findings = append(findings, sdk.Errorf("VERSION_RAPID_RELEASE", "%s runs %s, a rapid release; only major series (%s) are supported",
			cluster, v.text, "6.0, 7.0, 8.0").On(cluster).Cure("upgrade %s to the next major series", cluster))
	}
	findings = append(findings, compatibility(facts, v, cluster)...)
	findings = append(findings, patches(v, cluster)...)
	return append(findings, members(facts, v, cluster)...)
}

func tooOld(code, what, value, cluster string) sdk.Finding {
	return sdk.Errorf(code, "%s of %s is %s, older than %d.0: write blocking, expanded change events and the making of unique indexes need it",
		what, cluster, value, oldestMajor).On(cluster).Cure("upgrade %s to %d.0 or later", cluster, oldestMajor)
}

// compatibility judges the feature compatibility version, which decides what a server does with new features.
func compatibility(facts sdk.Versions, v release, cluster string) []sdk.Finding {
	if facts.FCVTarget != "" { // on the way down the version itself is the target already
		return []sdk.Finding{sdk.Errorf("FCV_CHANGING", "the feature compatibility version of %s is being changed to %s",
			cluster, facts.FCVTarget).On(cluster).Cure("wait until setFeatureCompatibilityVersion has finished on %s", cluster)}
	}
	major, minor, ok := parseFCV(v.fcv)
	if !ok {
		return []sdk.Finding{unknown.Fact("VERSION_UNKNOWN", "the feature compatibility version", cluster, strconv.Quote(v.fcv)+" is not one")}
	}
	switch {
	case major < oldestMajor:
		return []sdk.Finding{tooOld("FCV_TOO_OLD", "feature compatibility version", v.fcv, cluster).
			Cure("run on %s: db.adminCommand({setFeatureCompatibilityVersion: %q})", cluster, v.series())}
	case major != v.major || minor != v.minor:
		return []sdk.Finding{sdk.Warningf("FCV_BEHIND", "%s runs %s under feature compatibility version %s", cluster, v.text, v.fcv).On(cluster).
			Cure("when no downgrade is planned, run on %s: db.adminCommand({setFeatureCompatibilityVersion: %q})", cluster, v.series())}
	}
	return nil
}

func parseFCV(fcv string) (major, minor int, ok bool) {
	a, b, found := strings.Cut(fcv, ".")
	major, errMajor := strconv.Atoi(a)
	minor, errMinor := strconv.Atoi(b)
	return major, minor, found && errMajor == nil && errMinor == nil
}

// members judges a cluster that is in the middle of an upgrade.
func members(facts sdk.Versions, v release, cluster string) []sdk.Finding {
	var findings []sdk.Finding
	for _, m := range facts.Members {
		own, err := parseArray(m.VersionArray)
		switch {
		case !m.Known || err != nil:
			findings = append(findings, sdk.Warningf("MEMBER_VERSION_UNKNOWN", "the version of member %s of %s could not be found out: %s",
				m.Host, cluster, m.Error).On(cluster).Cure("make %s reachable from here", m.Host))
		case own.major != v.major || own.minor != v.minor:
			findings = append(findings, sdk.Errorf("MEMBER_VERSION_MIXED", "member %s of %s runs %s, the primary %s: an upgrade is under way",
				m.Host, cluster, m.Version, v.text).On(cluster).Cure("finish the upgrade of %s first", cluster))
		case own.patch != v.patch:
			findings = append(findings, sdk.Warningf("MEMBER_PATCH_MIXED", "member %s of %s runs %s, the primary %s",
				m.Host, cluster, m.Version, v.text).On(cluster).Cure("bring all members of %s to the same patch release", cluster))
			findings = append(findings, patches(release{major: own.major, minor: own.minor, patch: own.patch, text: m.Version}, cluster)...)
		}
	}
	return findings
}
