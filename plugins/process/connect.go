package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"

	"github.com/revsync/revsync/plugins/process/internal/wire"
	pluginv1 "github.com/revsync/revsync/plugins/proto/v1"
)

// program is what is started: a command with its arguments, and what it reads first.
type program struct {
	command []string
	dir     string // its working folder
	input   []byte
}

// connection is a running process that answers.
type connection struct {
	child  *child
	client *goplugin.Client
	broker *goplugin.GRPCBroker
	module pluginv1.ModuleClient
	host   *hostServer
	output *tail

	patience time.Duration // how long the process may take to end by itself, retireTime
}

// link is what go-plugin hands out on the engine's side.
type link struct {
	broker *goplugin.GRPCBroker
	module pluginv1.ModuleClient
}

// engineSide is the engine's half of the plugin set.
type engineSide struct {
	goplugin.NetRPCUnsupportedPlugin
}

// GRPCServer is the module's side, which is elsewhere.
func (engineSide) GRPCServer(*goplugin.GRPCBroker, *grpc.Server) error {
	return errors.New("this is the engine's side")
}

// GRPCClient makes the client of the module's service.
func (engineSide) GRPCClient(_ context.Context, broker *goplugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return link{broker: broker, module: pluginv1.NewModuleClient(conn)}, nil
}

// connect starts the program and waits until it answers. Whatever goes wrong ends the process, and the error says what
// it printed. The caller closes the connection.
func connect(ctx context.Context, p program, opts Options) (*connection, error) {
	cmd := exec.Command(p.command[0], p.command[1:]...) //nolint:gosec // the verified copy, or this program itself
	cmd.Dir, cmd.SysProcAttr = p.dir, attributes()
	c := &connection{child: newChild(cmd, p.input), output: &tail{limit: outputTailBytes}, patience: retireTime}
	c.client = goplugin.NewClient(c.config(p, opts))
	done := make(chan struct{})
	var failed error
	go func() { // ends at the latest when the process does
		defer close(done)
		failed = c.handshake()
	}()
	timer := time.NewTimer(opts.Start)
	defer timer.Stop()
	var err error
	select {
	case <-done:
		err = failed
	case <-timer.C:
		err = fmt.Errorf("it did not connect within %s", opts.Start)
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err == nil {
		return c, nil
	}
	ended := c.child.endsBy(lastWords)
	_ = c.child.Kill(context.WithoutCancel(ctx))
	<-done
	c.release()
	return nil, fmt.Errorf("the module's process did not come up: %w%s%s", clipped{err}, ended, c.output.quoted())
}

// clipped is an error whose text is bounded: go-plugin quotes what the process said in full.
type clipped struct{ error }

// Error cuts the text.
func (c clipped) Error() string { return wire.Clip(c.error.Error()) }

// Unwrap gives the error itself.
func (c clipped) Unwrap() error { return c.error }

// config is go-plugin's. The environment of the process is empty apart from what go-plugin says in it.
func (c *connection) config(p program, opts Options) *goplugin.ClientConfig {
	return &goplugin.ClientConfig{
		HandshakeConfig:  wire.Handshake,
		VersionedPlugins: map[int]goplugin.PluginSet{wire.Version: {wire.PluginName: engineSide{}}},
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		AutoMTLS:         true,
		SkipHostEnv:      true,
		StartTimeout:     opts.Start,
		UnixSocketConfig: &goplugin.UnixSocketConfig{TempDir: opts.Dir}, // not below p.dir: a socket's path must be short
		Stderr:           c.output, SyncStdout: c.output, SyncStderr: c.output,
		Logger: hclog.New(&hclog.LoggerOptions{Level: hclog.Off, Output: io.Discard}),
		GRPCDialOptions: []grpc.DialOption{grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(wire.MaxFromModule), grpc.MaxCallSendMsgSize(wire.MaxToModule))},
		RunnerFunc: func(_ hclog.Logger, spec *exec.Cmd, sockets string) (runner.Runner, error) {
			c.child.cmd.Env, c.child.sockets = spec.Env, sockets
			return c.child, noteSockets(p.dir, sockets)
		},
	}
}

func (c *connection) handshake() error {
	protocol, err := c.client.Client()
	if err != nil {
		return err
	}
	raw, err := protocol.Dispense(wire.PluginName)
	if err != nil {
		return err
	}
	l := raw.(link)
	c.broker, c.module = l.broker, l.module
	c.host = newHostServer(l.broker)
	return nil
}

// close ends the process and gives everything back; the end of ctx takes the process's patience away.
func (c *connection) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	c.child.retire(ctx)
	c.release()
	c.host.wait(retireTime)
}

// release gives back what belongs to a process that has ended, or never began.
func (c *connection) release() {
	c.client.Kill()
	if c.child.sockets != "" {
		_ = os.RemoveAll(c.child.sockets) // go-plugin leaves it behind when the process could not be started
	}
}

// retireTime is how long a process may take to end by itself.
const retireTime = 500 * time.Millisecond

// dead says that the process has ended.
func (c *connection) dead() bool {
	select {
	case <-c.child.exited:
		return true
	default:
		return false
	}
}
