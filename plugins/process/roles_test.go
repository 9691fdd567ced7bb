package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/revsync/revsync/plugins/process/internal/wire"
	pluginv1 "github.com/revsync/revsync/plugins/proto/v1"
	"github.com/revsync/revsync/sdk"
)

// roles are the programs that the tests run as modules.
var roles = map[string]func(){
	"grandchild":     func() { grandchild(); rawServe(wire.Handshake, wire.Version) },
	"grandchild sdk": func() { grandchild(); sdkRole() },
	"sdk":            sdkRole,
	"raw":            func() { rawServe(wire.Handshake, wire.Version) },
	"other cookie": func() {
		rawServe(goplugin.HandshakeConfig{MagicCookieKey: "OTHER", MagicCookieValue: "x"}, wire.Version)
	},
	"version 2":      func() { rawServe(wire.Handshake, 2) },
	"prints":         func() { fmt.Println(strings.Repeat("lorem ipsum ", 1<<17)) },
	"exits at once":  func() { _, _ = fmt.Fprintln(os.Stderr, "no licence"); os.Exit(7) },
	"never connects": func() { select {} },
	"elsewhere":      func() { fmt.Println("1|1|tcp|192.0.2.1:80|grpc|"); select {} },
	"silent socket":  silentSocket,
	"net/rpc":        func() { fmt.Println("1|1|tcp|127.0.0.1:1|netrpc|"); select {} },
}

// The components of role sdk.

func asks(ctx context.Context, h sdk.Host, _ *sdk.Request) ([]sdk.Finding, error) {
	var reply struct {
		Version string `json:"version"`
	}
	h.Log(ctx, sdk.LevelInfo, "asking")
	err := sdk.RunCommand(ctx, h, sdk.Command{Cluster: sdk.RoleDestination, Database: "admin", Name: "buildInfo", Value: 1}, &reply)
	if err != nil {
		return nil, err
	}
	return []sdk.Finding{sdk.Infof("VERSION", "%s", reply.Version)}, nil
}

func says(_ context.Context, _ sdk.Host, r *sdk.Request) ([]sdk.Finding, error) {
	return []sdk.Finding{sdk.Infof("SYNC", "%s", r.Sync.ID)}, nil
}

func panics(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) { panic("I fell over") }

func crashes(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) {
	go panic("out of reach")
	select {}
}

func exits(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) {
	_, _ = os.Stdout.WriteString("goodbye\n")
	os.Exit(3)
	return nil, nil
}

func hangs(ctx context.Context, h sdk.Host, _ *sdk.Request) ([]sdk.Finding, error) {
	h.Log(ctx, sdk.LevelInfo, "it has begun")
	select {}
}

func waits(ctx context.Context, _ sdk.Host, _ *sdk.Request) ([]sdk.Finding, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func large(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) {
	return []sdk.Finding{sdk.Infof("LARGE", "%s", strings.Repeat("x", sdk.MaxResponseBytes))}, nil
}

// looks tells what the process was given: its environment and its folder.
func looks(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		names = append(names, name)
	}
	return []sdk.Finding{sdk.Infof("ENVIRONMENT", "%s", strings.Join(names, " ")), sdk.Infof("FOLDER", "%s", dir)}, nil
}

func chatters(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) {
	line := strings.Repeat("chatter ", 128) + "\n"
	for range 20 << 10 { // 20 MB
		_, _ = os.Stderr.WriteString(line)
	}
	_, _ = os.Stderr.WriteString("the end\n")
	return nil, errors.New("I talk too much")
}

func processOf(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) {
	return []sdk.Finding{sdk.Infof("PROCESS", "%d", os.Getpid())}, nil
}

// raw answers by hand: what it sends depends on the component.
type raw struct {
	pluginv1.UnimplementedModuleServer
	host func(id uint32) (*grpc.ClientConn, error)
}

const rawDescription = `{"apiVersion":"revsync.plugin/v1","name":"acme.raw","version":"1","components":[{"name":"c","kind":"check","phases":["preReverse"]}]}`

func (raw) Describe(context.Context, *pluginv1.DescribeRequest) (*pluginv1.DescribeResponse, error) {
	return &pluginv1.DescribeResponse{Metadata: []byte(rawDescription)}, nil
}

func (r raw) Evaluate(ctx context.Context, in *pluginv1.EvaluateRequest) (*pluginv1.EvaluateResponse, error) {
	req, err := sdk.DecodeRequest(in.GetRequest())
	if err != nil {
		return nil, err
	}
	if _, err := r.host(in.GetHostBrokerId()); err != nil { // at once: the broker does not wait long
		return nil, err
	}
	if doc, ok := rawAnswers[req.Component]; ok {
		return &pluginv1.EvaluateResponse{Response: []byte(doc)}, nil
	}
	switch req.Component {
	case "nothing":
		return &pluginv1.EvaluateResponse{}, nil
	case "odd code":
		return &pluginv1.EvaluateResponse{Error: &pluginv1.Status{Code: 99, Message: strings.Repeat("m", 1<<19)}}, nil
	case "broken text":
		return &pluginv1.EvaluateResponse{Error: &pluginv1.Status{Code: 9, Message: "\xff"}}, nil
	case "another evaluation":
		return r.callAs(ctx, in, "not-mine")
	case "no evaluation":
		return r.callAs(ctx, in, "")
	case "long name":
		return r.call(ctx, in, in.GetEvaluation(), strings.Repeat("x", 65))
	}
	return nil, errors.New("no such component")
}

func (r raw) callAs(ctx context.Context, in *pluginv1.EvaluateRequest, evaluation string) (*pluginv1.EvaluateResponse, error) {
	return r.call(ctx, in, evaluation, sdk.OpTimeNow)
}

// call asks the host and passes its status on.
func (r raw) call(ctx context.Context, in *pluginv1.EvaluateRequest, evaluation, op string) (*pluginv1.EvaluateResponse, error) {
	conn, err := r.host(in.GetHostBrokerId())
	if err != nil {
		return nil, err
	}
	out, err := pluginv1.NewHostClient(conn).Call(ctx, &pluginv1.CallRequest{Evaluation: evaluation, Op: op})
	if err != nil {
		return nil, err
	}
	return &pluginv1.EvaluateResponse{Response: []byte(`{"findings":[]}`), Error: out.GetError()}, nil
}

var rawAnswers = map[string]string{
	"rubbish":         "rubbish",
	"half":            `{"findings":[`,
	"no findings":     `{}`,
	"a verdict":       `{"eligible":true}`,
	"over":            `{"findings":[]}` + strings.Repeat(" ", sdk.MaxResponseBytes),
	"far over":        strings.Repeat(" ", 8<<20),
	"from the future": `{"findings":[{"code":"A","severity":"info","message":"m","new":1}],"more":[]}`,
}

type rawPlugin struct {
	goplugin.NetRPCUnsupportedPlugin
}

func (rawPlugin) GRPCServer(broker *goplugin.GRPCBroker, s *grpc.Server) error {
	var once sync.Once
	var conn *grpc.ClientConn
	var err error
	pluginv1.RegisterModuleServer(s, raw{host: func(id uint32) (*grpc.ClientConn, error) {
		once.Do(func() { conn, err = broker.Dial(id) })
		return conn, err
	}})
	return nil
}

func (rawPlugin) GRPCClient(context.Context, *goplugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("not here")
}

// rawServe serves without any of the SDK's manners: it does not look at its standard input, nor at its parent.
func rawServe(handshake goplugin.HandshakeConfig, version int) {
	goplugin.Serve(&goplugin.ServeConfig{HandshakeConfig: handshake, GRPCServer: goplugin.DefaultGRPCServer,
		VersionedPlugins: map[int]goplugin.PluginSet{version: {wire.PluginName: rawPlugin{}}}})
}

// silentSocket makes a connection and never says a word on it.
func silentSocket() {
	l, err := listen(os.Getenv("PLUGIN_UNIX_SOCKET_DIR"))
	if err != nil {
		exitWith(err)
	}
	fmt.Printf("1|1|unix|%s|grpc|\n", l.Addr())
	for {
		conn, err := l.Accept()
		if err != nil {
			exitWith(err)
		}
		go func() { _, _ = io.Copy(io.Discard, conn) }()
	}
}

// grandchild starts a program that would outlive everything and keeps this process's output open.
func grandchild() {
	cmd := exec.Command("/bin/sleep", "600")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		exitWith(err)
	}
	if err := os.WriteFile("grandchild", fmt.Append(nil, cmd.Process.Pid), 0o600); err != nil {
		exitWith(err)
	}
}
