//go:build revsync_small

package sdk

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// otherEvidence is not to be had in this build.
var otherEvidence map[string]any

func TestSmallRefusesWhatItCannotEncode(t *testing.T) {
	for _, v := range []any{map[string]int{}, SeverityInfo, uint8(3)} {
		_, err := EncodeResponse(&Response{Findings: []Finding{Infof("A", "a").Because("k", v)}})
		require.ErrorContains(t, err, "revsync_small")
	}
}
