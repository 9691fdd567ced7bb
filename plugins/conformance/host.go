package conformance

import (
	"context"
	"encoding/json"
	"sync/atomic"

	"github.com/revsync/revsync/sdk"
)

// Host is an sdk.Host that answers every call in the same way: with a status, by hanging until the context ends, or,
// as its zero value, by denying it.
type Host struct {
	Status sdk.Code
	Hang   bool
	Called *atomic.Bool // set by the first call, when not nil
}

var _ sdk.Host = Host{}

// Call answers.
func (h Host) Call(ctx context.Context, op string, _ json.RawMessage) (json.RawMessage, error) {
	if h.Called != nil {
		h.Called.Store(true)
	}
	if h.Hang {
		<-ctx.Done()
		return nil, sdk.StatusOf(ctx.Err())
	}
	code := h.Status
	if code == 0 {
		code = sdk.CodePermissionDenied
	}
	return nil, sdk.Statusf(code, "%s: an answer of the conformance suite", op)
}

// Log drops the line.
func (Host) Log(context.Context, sdk.Level, string) {}
