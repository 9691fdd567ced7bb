package divergence

import (
	"testing"

	"github.com/revsync/revsync/checks/internal/checktest"
	"github.com/revsync/revsync/sdk"
)

func TestCases(t *testing.T) {
	checktest.Run(t, ".", "divergence", &sdk.Module{Name: "test", Parts: []sdk.Part{Check()}})
}
