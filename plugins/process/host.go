package process

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/revsync/revsync/plugins/process/internal/wire"
	pluginv1 "github.com/revsync/revsync/plugins/proto/v1"
	"github.com/revsync/revsync/sdk"
)

// hostServer answers the calls that one process makes, each for an evaluation that is under way.
type hostServer struct {
	pluginv1.UnimplementedHostServer
	broker *goplugin.GRPCBroker

	offer  sync.Once
	id     uint32
	served chan struct{} // closed when it does not serve, not yet or no more

	mu     sync.Mutex
	visits map[string]visit
}

// visit is an evaluation as the host sees it.
type visit struct {
	ctx  context.Context
	host sdk.Host
}

func newHostServer(broker *goplugin.GRPCBroker) *hostServer {
	return &hostServer{broker: broker, visits: map[string]visit{}}
}

// maxParallelCalls bounds the calls that a process makes at the same time.
const maxParallelCalls = 64

// brokerID offers the service when it is first needed, and not before: the module has five seconds to dial.
func (h *hostServer) brokerID() uint32 {
	h.offer.Do(func() {
		h.id = h.broker.NextId()
		h.served = make(chan struct{})
		go func() { // ends with the broker
			defer close(h.served)
			h.broker.AcceptAndServe(h.id, func(opts []grpc.ServerOption) *grpc.Server {
				server := grpc.NewServer(append(opts, grpc.MaxRecvMsgSize(wire.MaxHostRequest), grpc.MaxConcurrentStreams(maxParallelCalls))...)
				pluginv1.RegisterHostServer(server, h)
				return server
			})
		}()
	})
	return h.id
}

// wait waits for the end of the service, as long as a host that does not come back allows.
func (h *hostServer) wait(patience time.Duration) {
	h.offer.Do(func() { h.served = make(chan struct{}); close(h.served) })
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-h.served:
	case <-timer.C:
	}
}

// open makes an evaluation's host known and returns the name under which the module calls it.
func (h *hostServer) open(ctx context.Context, host sdk.Host) string {
	name := rand.Text()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.visits[name] = visit{ctx: ctx, host: host}
	return name
}

func (h *hostServer) close(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.visits, name)
}

func (h *hostServer) visit(name string) (visit, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	v, ok := h.visits[name]
	switch {
	case name == "":
		return v, sdk.Statusf(sdk.CodePermissionDenied, "a module makes no host call while it describes itself")
	case !ok:
		return v, sdk.Statusf(sdk.CodeFailedPrecondition, "the evaluation is over")
	case v.host == nil:
		return v, sdk.Statusf(sdk.CodePermissionDenied, "this evaluation has no host")
	}
	return v, nil
}

// Call performs an operation.
func (h *hostServer) Call(ctx context.Context, in *pluginv1.CallRequest) (*pluginv1.CallResponse, error) {
	result, err := h.call(ctx, in)
	return &pluginv1.CallResponse{Result: result, Error: wire.ToStatus(err)}, nil
}

func (h *hostServer) call(ctx context.Context, in *pluginv1.CallRequest) ([]byte, error) {
	v, err := h.visit(in.GetEvaluation())
	if err != nil {
		return nil, err
	}
	if len(in.GetOp()) > sdk.MaxNameBytes || len(in.GetRequest()) > sdk.MaxRequestBytes {
		return nil, sdk.Statusf(sdk.CodeInvalidArgument, "operation or request is too long")
	}
	// The call ends with the module's interest and with the evaluation, whichever is first.
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(v.ctx, func() { cancel(context.Cause(v.ctx)) })()
	if deadline, ok := v.ctx.Deadline(); ok {
		var stop context.CancelFunc
		ctx, stop = context.WithDeadline(ctx, deadline) // commands take their time limit from it
		defer stop()
	}
	return v.host.Call(ctx, in.GetOp(), in.GetRequest())
}

// Log passes a line on.
func (h *hostServer) Log(_ context.Context, in *pluginv1.LogRequest) (*pluginv1.LogResponse, error) {
	if v, err := h.visit(in.GetEvaluation()); err == nil {
		v.host.Log(v.ctx, sdk.Level(in.GetLevel()), in.GetMessage())
	}
	return &pluginv1.LogResponse{}, nil
}
