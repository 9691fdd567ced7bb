//go:build !revsync_small

package sdk

import "time"

// otherEvidence is for encoding/json.
var otherEvidence = map[string]any{"other": map[string]int{"b": 1, "a": 2}, "severity": SeverityInfo, "time": time.Unix(1, 2).UTC(), "short": uint8(3)}
