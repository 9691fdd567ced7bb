// Package process runs modules as processes of their own: programs that speak the protocol of package pluginv1 over
// go-plugin, and WASM modules in a runner, which is this program started again.
//
// A process gets no environment, no connection string and no credential; what it may ask goes through the host of each
// evaluation, as with every module. The two sides prove themselves to each other with certificates made for this one
// connection. A process that breaks, or does not stop when its time is up, is killed, and the next evaluation starts
// another. It does not outlive the engine, and on Linux what it has started in its process group does not outlive it.
//
// A program may otherwise do what its user may do: it is as trusted as the engine. A WASM module stays in its sandbox;
// the process around it keeps it from holding up the engine.
package process

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/plugins/internal/folder"
	"github.com/revsync/revsync/sdk"
)

// Module is a module that runs as a process. It implements plugins.Module. Evaluations in parallel share the process.
type Module struct {
	opts       Options
	program    program
	digest     string
	held       *os.File // marks the folder as in use; nil where that does not work
	verified   string   // path of the copy that is checked before each start; "" when there is none
	descriptor sdk.Descriptor

	life context.Context // ends with Close
	end  context.CancelCauseFunc

	// turn is held by whoever looks at the fields below, also while a process starts.
	turn    chan struct{}
	current *connection
}

var (
	_ plugins.Module   = (*Module)(nil)
	_ plugins.Digester = (*Module)(nil)
)

// Load starts an executable and asks it to describe itself; ctx bounds that. code is the program's content: it is
// written to a folder of the engine's own and run from there. The caller closes the module.
func Load(ctx context.Context, code []byte, opts Options) (*Module, error) {
	opts = opts.orDefaults()
	if len(code) > opts.FileBytes {
		return nil, fmt.Errorf("program of %d bytes, more than %d", len(code), opts.FileBytes)
	}
	m, err := newModule(code, opts)
	if err != nil {
		return nil, err
	}
	path, err := install(m.program.dir, code)
	m.program.command, m.verified = []string{path}, path
	return m.loaded(ctx, err)
}

// folderPrefix begins the names of the modules' own folders.
const folderPrefix = "revsync-plugin-"

// newModule makes the module's own folder.
func newModule(code []byte, opts Options) (*Module, error) {
	sweep(opts.Dir)
	dir, err := folder.Temporary(opts.Dir, folderPrefix)
	if err != nil {
		return nil, fmt.Errorf("folder for the module's process: %w", err)
	}
	held, err := hold(dir)
	if err != nil {
		return nil, errors.Join(err, os.Remove(dir))
	}
	m := &Module{opts: opts, program: program{dir: dir}, held: held, digest: digestOf(code), turn: make(chan struct{}, 1)}
	m.life, m.end = context.WithCancelCause(context.Background())
	return m, nil
}

// loaded asks a module for its description; when that fails, or something has failed before, nothing is left of it.
func (m *Module) loaded(ctx context.Context, err error) (*Module, error) {
	var c *connection
	if err == nil {
		c, err = m.connection(ctx)
	}
	if err == nil {
		m.descriptor, err = c.describe(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, m.Close(ctx))
	}
	return m, nil
}

// Describe returns what the module said when it was loaded.
func (m *Module) Describe(context.Context) (sdk.Descriptor, error) { return m.descriptor, nil }

// Digest is the SHA-256 of the module's file in hexadecimal.
func (m *Module) Digest() string { return m.digest }

// Evaluate runs the request's component, starting a process if there is none. It returns when the module has answered,
// or stopped, or is dead: at the latest the grace after the end of ctx.
func (m *Module) Evaluate(ctx context.Context, host sdk.Host, req *sdk.Request) (*sdk.Response, error) {
	doc, err := plugins.EncodeRequest(req)
	if err != nil {
		return nil, err
	}
	c, err := m.connection(ctx)
	if err != nil {
		return nil, err
	}
	resp, broken, err := c.evaluate(ctx, host, doc, m.opts.Grace)
	if broken {
		m.discard(ctx, c)
	}
	return resp, err
}

// connection is the running process, or a new one.
func (m *Module) connection(ctx context.Context) (*connection, error) {
	select {
	case m.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { <-m.turn }()
	if err := context.Cause(m.life); err != nil {
		return nil, err
	}
	if m.current != nil && !m.current.dead() {
		return m.current, nil
	}
	if m.current != nil {
		m.current.close(ctx)
		m.current = nil
	}
	if m.verified != "" {
		if err := verify(m.verified, m.digest); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(m.life, func() { cancel(errClosed) })()
	c, err := connect(ctx, m.program, m.opts)
	m.current = c
	return c, err
}

var errClosed = errors.New("the module has been closed")

// discard gives a broken process back; others may have done so already.
func (m *Module) discard(ctx context.Context, c *connection) {
	m.turn <- struct{}{}
	defer func() { <-m.turn }()
	_ = c.child.Kill(ctx)
	if m.current == c {
		m.current.close(ctx)
		m.current = nil
	}
}

// Close ends the process, and with it the evaluations that run, and removes the module's folder. A process that does not
// end by itself in half a second, or by the end of ctx, is killed: Close returns when it is gone. It may be called again.
func (m *Module) Close(ctx context.Context) error {
	m.end(errClosed)
	m.turn <- struct{}{}
	defer func() { <-m.turn }()
	if m.current != nil {
		m.current.close(ctx)
		m.current = nil
	}
	err := os.RemoveAll(m.program.dir)
	if m.held != nil {
		_ = m.held.Close() // a second close says that it is closed
	}
	return err
}
