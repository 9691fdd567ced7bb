package mongotest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Proxy is the network in front of one member: a TCP proxy that can be cut, held
// and slowed down. It is the member's host in the set's configuration, so every
// client that follows the hosts in the answer to hello comes through it, and so
// do the other members. Its methods may be called from any goroutine.
//
// A member looks for itself at its own host when it starts: heal the proxy before
// Member.Start, or the member does not find itself in the set.
type Proxy struct {
	port   port
	target string

	group sync.WaitGroup // the listener and all connections

	mu       sync.Mutex // guards what follows
	listener net.Listener
	links    map[*link]struct{}
	weather  weather
	changed  chan struct{} // closed and replaced when weather changes
}

// weather is how the network behaves.
type weather struct {
	held           bool
	latency        time.Duration
	bytesPerSecond int // 0: no limit
}

func newProxy(target string) (*Proxy, error) {
	port, err := reservePort()
	if err != nil {
		return nil, err
	}
	p := &Proxy{port: port, target: target, links: map[*link]struct{}{}, changed: make(chan struct{})}
	if err := p.listen(); err != nil {
		return nil, errors.Join(err, port.release())
	}
	return p, nil
}

// Host returns "127.0.0.1:port", which stays the same whatever is done.
func (p *Proxy) Host() string { return p.port.host() }

// Cut closes all connections and refuses new ones until Heal.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		_ = p.listener.Close() // the port is refused from now on
		p.listener = nil
	}
	for l := range p.links {
		l.close()
	}
}

// Hold lets nothing pass until Heal or Cut, in either direction: connections stay
// as they are, new ones are accepted, and neither side hears that the other has
// closed.
func (p *Proxy) Hold() { p.set(weather{held: true}) }

// Slow lets each piece of up to 16 KB pass after the latency, and so many bytes a
// second in each direction of each connection (0: no limit), until Heal, Hold or
// another Slow.
func (p *Proxy) Slow(latency time.Duration, bytesPerSecond int) {
	p.set(weather{latency: latency, bytesPerSecond: bytesPerSecond})
}

// Heal makes the network good again; what was held passes now. An error says
// that somebody else has taken the port since Cut.
func (p *Proxy) Heal() error {
	p.set(weather{})
	return p.listen()
}

func (p *Proxy) set(w weather) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.weather = w
	close(p.changed)
	p.changed = make(chan struct{})
}

// now is the weather, and a channel that is closed when it changes.
func (p *Proxy) now() (weather, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.weather, p.changed
}

// listen accepts connections, if it does not do so already.
func (p *Proxy) listen() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		return nil
	}
	listener, err := listenOn(p.port)
	if err != nil {
		return fmt.Errorf("%w: in front of %s: %w", errPortTaken, p.target, err)
	}
	p.listener = listener
	p.group.Go(func() { p.accept(listener) })
	return nil
}

// listenOn tries for a while: a process that is being started holds copies of
// this one's sockets, closed or not, until it runs its own program.
func listenOn(p port) (listener net.Listener, err error) {
	const patience = time.Second
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = poll(ctx, pollInterval, func() (bool, error) { // the error that counts is the last one of Listen
		listener, err = net.Listen("tcp", p.host())
		return err == nil, nil
	})
	return listener, err
}

func (p *Proxy) accept(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return // closed by Cut or close
		}
		l := &link{proxy: p, client: conn, closed: make(chan struct{})}
		p.mu.Lock()
		gone := p.listener != listener // cut meanwhile
		if !gone {
			p.links[l] = struct{}{}
			p.group.Go(l.run)
		}
		p.mu.Unlock()
		if gone {
			_ = conn.Close() // nothing was written
		}
	}
}

func (p *Proxy) forget(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
}

// close ends everything for good and gives the port back.
func (p *Proxy) close() error {
	p.Cut()
	p.group.Wait()
	return p.port.release()
}
