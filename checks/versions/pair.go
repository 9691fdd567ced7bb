package versions

import (
	"github.com/revsync/revsync/sdk"
)

// pair judges the two clusters together.
func pair(r *sdk.Request, source, destination release) []sdk.Finding {
	if source.series() != destination.series() {
		return []sdk.Finding{unlikeMajors(r, source, destination)}
	}
	if source.fcv != destination.fcv {
		return []sdk.Finding{unlikeFCV(r, source, destination)}
	}
	return []sdk.Finding{sdk.Infof("VERSIONS_MATCH", "both clusters are of series %s under feature compatibility version %s",
		source.series(), source.fcv)}
}

func unlikeMajors(r *sdk.Request, source, destination release) sdk.Finding {
	f := sdk.Finding{Code: "MAJOR_VERSION_MISMATCH", Severity: sdk.SeverityInfo,
		Message: "the source runs " + source.text + ", the destination " + destination.text + ", so that this sync cannot be reversed"}
	switch {
	case r.Trigger == sdk.TriggerReverse || destination.older(source):
		f.Severity = sdk.SeverityError
	case r.Facts.Options.Reversible:
		f.Severity = wantedWayBack(r)
	}
	if destination.older(source) {
		f.Message = "the destination runs " + destination.text + ", older than the source with " + source.text
	}
	return f.Cure("bring both clusters to the same major series").
		Because("source", source.text).Because("destination", destination.text)
}

func unlikeFCV(r *sdk.Request, source, destination release) sdk.Finding {
	f := sdk.Warningf("FCV_MISMATCH", "the feature compatibility version of the source is %s, of the destination %s", source.fcv, destination.fcv)
	if r.Trigger == sdk.TriggerReverse {
		f.Severity = sdk.SeverityError
	} else if r.Facts.Options.Reversible {
		f.Severity = wantedWayBack(r)
	}
	return f.Cure("set the same feature compatibility version on both, with setFeatureCompatibilityVersion").
		Because("source", source.fcv).Because("destination", destination.fcv)
}

// wantedWayBack ranks what would refuse a reverse later: at the start there is still a choice, so it refuses; at
// the commit the data is already on the move, so it warns.
func wantedWayBack(r *sdk.Request) sdk.Severity {
	if r.Trigger == sdk.TriggerStart {
		return sdk.SeverityError
	}
	return sdk.SeverityWarning
}

func (v release) older(than release) bool {
	return v.major < than.major || (v.major == than.major && v.minor < than.minor)
}
