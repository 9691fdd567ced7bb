package mongotest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// Member is one mongod of a set. Its methods may be called from any goroutine.
type Member struct {
	set   *ReplicaSet
	port  port
	proxy *Proxy // nil without Options.Proxied
	dir   string

	mu      sync.Mutex // guards what follows
	binary  string
	version string // as asked for
	process *process
}

const (
	startTimeout = 2 * time.Minute
	// stopTimeout is longer than a clean shutdown takes: an old version waits 15
	// seconds for its clients, and the last checkpoint comes after that.
	stopTimeout  = time.Minute
	pollInterval = 10 * time.Millisecond
)

// Host returns "127.0.0.1:port": where the member is found, that is its proxy if
// it has one. It stays the same when the member is started again.
func (m *Member) Host() string {
	if m.proxy != nil {
		return m.proxy.Host()
	}
	return m.port.host()
}

// Proxy returns the network in front of the member; nil without Options.Proxied.
func (m *Member) Proxy() *Proxy { return m.proxy }

// LogPath returns the path of the file with all that the member has printed,
// over all its starts.
func (m *Member) LogPath() string { return filepath.Join(m.dir, "mongod.log") }

// URI returns a connection string to this member alone, primary or not. It leads
// past the member's proxy.
func (m *Member) URI(user User) string {
	return m.set.uri(user, m.port.host(), url.Values{"directConnection": {"true"}})
}

// Running tells whether the member's process exists, paused or not.
func (m *Member) Running() bool {
	p := m.current()
	return p != nil && p.running()
}

// Kill ends the member at once (SIGKILL) and returns when it is gone. It may be
// called when the member does not run.
func (m *Member) Kill() error {
	if p := m.current(); p != nil {
		return p.kill()
	}
	return nil
}

// Shutdown ends the member cleanly and returns when it is gone. A paused member
// is continued first. Without a deadline it gives up after a minute.
func (m *Member) Shutdown(ctx context.Context) error {
	p := m.current()
	if p == nil || !p.running() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	if err := errors.Join(p.signalTerminate(), p.resume()); err != nil {
		return fmt.Errorf("shut down %s: %w", m.Host(), err)
	}
	if err := p.wait(ctx); err != nil {
		return fmt.Errorf("shut down %s: %w%s", m.Host(), err, logTail(m.LogPath()))
	}
	return nil
}

// Pause stops the member's clock (SIGSTOP): it keeps its connections, accepts
// new ones, and answers nothing. Not on Windows.
func (m *Member) Pause() error { return m.signal("pause", (*process).pause) }

// Continue lets a paused member go on.
func (m *Member) Continue() error { return m.signal("continue", (*process).resume) }

func (m *Member) signal(what string, send func(*process) error) error {
	p := m.current()
	if p == nil || !p.running() {
		return fmt.Errorf("%s %s: it does not run", what, m.Host())
	}
	if err := send(p); err != nil {
		return fmt.Errorf("%s %s: %w", what, m.Host(), err)
	}
	return nil
}

// Start runs the member again, on the same port and folder, and returns when it is
// primary or secondary; primary, if it is the only member. Without a deadline it gives up after two minutes.
func (m *Member) Start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := m.launch(ctx); err != nil {
		return err
	}
	return m.settle(ctx)
}

// StartVersion is Start with the mongod of another version, as in an upgrade.
// Later starts use that version too.
func (m *Member) StartVersion(ctx context.Context, version string) error {
	path, err := Binary(ctx, version)
	if err != nil {
		return err
	}
	m.mu.Lock()
	m.binary, m.version = path, version
	m.mu.Unlock()
	return m.Start(ctx)
}

// settle waits until the member has its place in the set. The only member of a
// set is secondary for a moment before it elects itself.
func (m *Member) settle(ctx context.Context) error {
	alone := len(m.set.members) == 1
	return m.await(ctx, "become primary, secondary or arbiter", func(h hello) bool { return h.Primary || h.Arbiter || h.Secondary && !alone })
}

// launch runs the process and returns when it answers.
func (m *Member) launch(ctx context.Context) error {
	if err := m.spawn(); err != nil {
		return fmt.Errorf("start %s: %w", m.Host(), err)
	}
	return m.await(ctx, "answer", func(hello) bool { return true })
}

func (m *Member) spawn() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.process != nil && m.process.running() {
		return errors.New("it runs already")
	}
	p, err := startProcess(m.binary, m.args(), m.LogPath())
	if err == nil {
		m.process = p
	}
	return err
}

func (m *Member) args() []string {
	args := []string{"--port", strconv.Itoa(m.port.number), "--dbpath", filepath.Join(m.dir, "data")}
	if !m.set.options.NoAuth {
		args = append(args, "--keyFile", m.set.keyFile())
	}
	return append(args, m.set.options.args(m.version)...)
}

// await polls the member until it says what is wanted, or has ended.
func (m *Member) await(ctx context.Context, what string, wanted func(hello) bool) error {
	p := m.current()
	last := hello{}
	err := poll(ctx, pollInterval, func() (bool, error) {
		if err := p.exitError(); err != nil {
			return false, err
		}
		answer, err := m.hello(ctx)
		last = answer
		return err == nil && wanted(answer), nil
	})
	if err != nil {
		return fmt.Errorf("%s did not %s (last seen: %s): %w%s", m.Host(), what, last, err, logTail(m.LogPath()))
	}
	return nil
}

func (m *Member) current() *process {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.process
}
