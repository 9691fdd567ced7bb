package versions

import "github.com/revsync/revsync/sdk"

// floors are the patch releases that the anchor asks for in its newest documented table. A lower one works, but
// lacks fixes that a sync comes across; it is a warning.
var floors = map[string]int{"6.0": 24, "7.0": 18, "8.0": 5}

// knownBad are releases with a fault that was seen to hurt a sync or a reverse.
var knownBad = map[string]string{
	"6.0.5": "it aborts when it reads an old-format unique index that has been made non-unique, and does not start again after a forceNonUnique that failed; 6.0.24 and 6.0.27 do neither",
}

func patches(v release, cluster string) []sdk.Finding {
	var findings []sdk.Finding
	if why, bad := knownBad[v.text]; bad {
		findings = append(findings, sdk.Warningf("PATCH_KNOWN_BAD", "%s runs %s: %s", cluster, v.text, why).On(cluster).
			Cure("upgrade to the newest patch of series %s", v.series()))
	}
	if floor, ok := floors[v.series()]; ok && v.patch < floor {
		findings = append(findings, sdk.Warningf("PATCH_BELOW_FLOOR", "%s runs %s, below the recommended %s.%d", cluster, v.text, v.series(), floor).
			On(cluster).Cure("upgrade to %s.%d or a later patch of the series", v.series(), floor))
	}
	return findings
}
