package oplogwindow

import (
	"testing"

	"github.com/revsync/revsync/checks/internal/checktest"
	"github.com/revsync/revsync/sdk"
)

func TestCases(t *testing.T) {
	checktest.Run(t, ".", "oplog-window", &sdk.Module{Name: "test", Parts: []sdk.Part{Check()}})
}
