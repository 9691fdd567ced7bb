// Package serve makes a program of its own out of a module: the engine starts it, asks it over gRPC, and stops it.
// A whole module is
//
//	func main() { serve.Module("acme.hello", "1.0.0", sdk.Check("hello", hello)) }
//
// built with go build. Unlike a WASM module it may do whatever its user may do on this machine, so that it suits hooks
// that act. Its environment is empty, and it ends when the engine does.
package serve

import (
	"context"
	"io"
	"os"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/revsync/revsync/plugins/process/internal/wire"
	pluginv1 "github.com/revsync/revsync/plugins/proto/v1"
	"github.com/revsync/revsync/sdk"
)

// Module serves a module with these components; main calls it, and it does not return. Evaluations may run in parallel,
// in one process that lives on between them. A panic becomes an error of the evaluation. The context that a component
// gets ends at the deadline and when the engine loses interest: a component that goes on after that costs the process
// its life a second later.
func Module(name, version string, parts ...sdk.Part) {
	Evaluator(module{&sdk.Module{Name: name, Version: version, Parts: parts}}, os.Stdin)
}

type module struct{ *sdk.Module }

// Describe gives the descriptor that the value holds.
func (m module) Describe(context.Context) (sdk.Descriptor, error) { return m.Descriptor(), nil }

// Evaluates is what can be served: a module, however it works inside.
type Evaluates interface {
	Describe(ctx context.Context) (sdk.Descriptor, error)
	Evaluate(ctx context.Context, host sdk.Host, req *sdk.Request) (*sdk.Response, error)
}

// Evaluator is Module for what is not an sdk.Module. lifeline ends when the engine has gone: it is standard input,
// which nothing else must read from any more.
func Evaluator(m Evaluates, lifeline io.Reader) {
	go func() { // ends with the process, or ends it
		_, _ = io.Copy(io.Discard, lifeline)
		os.Exit(0)
	}()
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig:  wire.Handshake,
		VersionedPlugins: map[int]goplugin.PluginSet{wire.Version: {wire.PluginName: &served{module: m}}},
		Logger:           hclog.New(&hclog.LoggerOptions{Level: hclog.Off, Output: io.Discard}),
		GRPCServer: func(opts []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(opts, grpc.MaxRecvMsgSize(wire.MaxToModule), grpc.MaxSendMsgSize(wire.MaxFromModule))...)
		},
	})
	os.Exit(0)
}

// served is the module as go-plugin wants it.
type served struct {
	goplugin.NetRPCUnsupportedPlugin
	module Evaluates
}

// GRPCServer registers the module's service.
func (s *served) GRPCServer(broker *goplugin.GRPCBroker, server *grpc.Server) error {
	pluginv1.RegisterModuleServer(server, newService(s.module, broker.DialWithOptions))
	return nil
}

// GRPCClient is the engine's side, which is elsewhere.
func (*served) GRPCClient(context.Context, *goplugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, sdk.Statusf(sdk.CodeUnimplemented, "this is the module's side")
}
