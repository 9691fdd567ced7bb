package serve

import (
	"context"
	"encoding/json"
	"strings"

	"google.golang.org/grpc/status"

	"github.com/revsync/revsync/plugins/process/internal/wire"
	pluginv1 "github.com/revsync/revsync/plugins/proto/v1"
	"github.com/revsync/revsync/sdk"
)

// host is sdk.Host over the engine's service.
type host struct {
	client     pluginv1.HostClient
	evaluation string
}

var _ sdk.Host = host{}

// Call hands the request to the engine and waits for the result.
func (h host) Call(ctx context.Context, op string, req json.RawMessage) (json.RawMessage, error) {
	out, err := h.client.Call(ctx, &pluginv1.CallRequest{Evaluation: h.evaluation, Op: strings.ToValidUTF8(op, "?"), Request: req})
	switch {
	case ctx.Err() != nil:
		return nil, sdk.StatusOf(ctx.Err())
	case err != nil:
		return nil, sdk.Statusf(sdk.CodeUnavailable, "the engine's host: %s", status.Convert(err).Message())
	}
	if err := wire.FromStatus(out.GetError()); err != nil {
		return nil, err
	}
	return out.GetResult(), nil
}

// Log writes one line to the engine's log.
func (h host) Log(ctx context.Context, level sdk.Level, msg string) {
	// A line that cannot be delivered is lost, as sdk.Host says nothing about it.
	_, _ = h.client.Log(ctx, &pluginv1.LogRequest{Evaluation: h.evaluation, Level: int32(level), Message: strings.ToValidUTF8(msg, "?")})
}
