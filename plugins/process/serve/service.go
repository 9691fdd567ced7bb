package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"google.golang.org/grpc"

	"github.com/revsync/revsync/plugins/process/internal/wire"
	pluginv1 "github.com/revsync/revsync/plugins/proto/v1"
	"github.com/revsync/revsync/sdk"
)

// dialer opens the connection to the engine's host service.
type dialer func(id uint32, opts ...grpc.DialOption) (*grpc.ClientConn, error)

// service answers the engine.
type service struct {
	pluginv1.UnimplementedModuleServer
	module Evaluates
	dial   dialer

	mu      sync.Mutex
	running map[string]context.CancelFunc // by evaluation

	dialling sync.Mutex
	host     pluginv1.HostClient // dialled once: each new connection costs a socket and a handshake
}

func newService(m Evaluates, dial dialer) *service {
	return &service{module: m, dial: dial, running: map[string]context.CancelFunc{}}
}

// Describe answers with the module's description.
func (s *service) Describe(ctx context.Context, _ *pluginv1.DescribeRequest) (*pluginv1.DescribeResponse, error) {
	doc, err := guarded(func() ([]byte, error) {
		d, err := s.module.Describe(ctx)
		if err != nil {
			return nil, err
		}
		return json.Marshal(d)
	})
	return &pluginv1.DescribeResponse{Metadata: doc, Error: wire.ToStatus(err)}, nil
}

// Evaluate runs one component.
func (s *service) Evaluate(ctx context.Context, in *pluginv1.EvaluateRequest) (*pluginv1.EvaluateResponse, error) {
	doc, err := s.evaluate(ctx, in)
	if err == nil && len(doc) > sdk.MaxResponseBytes {
		doc, err = nil, sdk.Statusf(sdk.CodeResourceExhausted, "response of %d bytes, more than %d", len(doc), sdk.MaxResponseBytes)
	}
	return &pluginv1.EvaluateResponse{Response: doc, Error: wire.ToStatus(err)}, nil
}

func (s *service) evaluate(ctx context.Context, in *pluginv1.EvaluateRequest) ([]byte, error) {
	req, err := sdk.DecodeRequest(in.GetRequest())
	if err != nil {
		return nil, sdk.Statusf(sdk.CodeInvalidArgument, "%v", err)
	}
	client, err := s.hostClient(in.GetHostBrokerId())
	if err != nil {
		return nil, sdk.Statusf(sdk.CodeUnavailable, "the engine's host cannot be reached: %v", err)
	}
	ctx, done := s.begin(ctx, in)
	defer done()
	return guarded(func() ([]byte, error) {
		resp, err := s.module.Evaluate(ctx, host{client: client, evaluation: in.GetEvaluation()}, req)
		if err != nil {
			return nil, err
		}
		return json.Marshal(resp)
	})
}

// begin gives the evaluation its deadline and makes it known to Cancel.
func (s *service) begin(ctx context.Context, in *pluginv1.EvaluateRequest) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	s.mu.Lock()
	s.running[in.GetEvaluation()] = cancel
	s.mu.Unlock()
	stop := func() {}
	if in.GetTimeoutMillis() > 0 {
		ctx, stop = context.WithTimeout(ctx, time.Duration(in.GetTimeoutMillis())*time.Millisecond)
	}
	return ctx, func() {
		s.mu.Lock()
		delete(s.running, in.GetEvaluation())
		s.mu.Unlock()
		stop()
		cancel()
	}
}

// Cancel ends an evaluation's context.
func (s *service) Cancel(_ context.Context, in *pluginv1.CancelRequest) (*pluginv1.CancelResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cancel, ok := s.running[in.GetEvaluation()]; ok {
		cancel()
	}
	return &pluginv1.CancelResponse{}, nil
}

func (s *service) hostClient(id uint32) (pluginv1.HostClient, error) {
	s.dialling.Lock()
	defer s.dialling.Unlock()
	if s.host != nil {
		return s.host, nil
	}
	conn, err := s.dial(id, grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(wire.MaxHostResult), grpc.MaxCallSendMsgSize(wire.MaxHostRequest)))
	if err != nil {
		return nil, err
	}
	s.host = pluginv1.NewHostClient(conn) // closed with the process
	return s.host, nil
}

// guarded turns a panic into an error: one component that falls over must not take the others' evaluations along.
func guarded(f func() ([]byte, error)) (doc []byte, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			doc, err = nil, fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	return f()
}
