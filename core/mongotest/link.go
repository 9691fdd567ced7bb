package mongotest

import (
	"net"
	"sync"
	"time"
)

// pieceBytes is how much passes a proxy at a time.
const pieceBytes = 16 << 10

// link is one connection through a proxy.
type link struct {
	proxy  *Proxy
	client net.Conn

	mu     sync.Mutex // guards server and the closing
	server net.Conn   // nil until dialed
	closed chan struct{}
}

// run passes bytes both ways until one side ends.
func (l *link) run() {
	defer l.proxy.forget(l)
	defer l.close()
	if !l.pass(0) || !l.dial() {
		return
	}
	var back sync.WaitGroup
	back.Go(func() { l.pipe(l.client, l.server) })
	l.pipe(l.server, l.client)
	back.Wait()
}

// dial connects to the member; it fails when that does not run.
func (l *link) dial() bool {
	server, err := net.DialTimeout("tcp", l.proxy.target, time.Second)
	if err != nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.server = server
	select {
	case <-l.closed:
		_ = server.Close() // nothing was written
		return false
	default:
		return true
	}
}

// pipe passes bytes one way. When it ends the whole link does: a driver does not
// use half of a connection.
func (l *link) pipe(to, from net.Conn) {
	defer l.close()
	buffer := make([]byte, pieceBytes)
	for {
		n, err := from.Read(buffer)
		if !l.pass(n) {
			return
		}
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// pass returns when n bytes may go on; false when the link is closed before that.
func (l *link) pass(n int) bool {
	for {
		w, changed := l.proxy.now()
		if !w.held {
			return l.wait(w.delay(n), nil)
		}
		if !l.wait(-1, changed) {
			return false
		}
	}
}

// delay is how long n bytes take.
func (w weather) delay(n int) time.Duration {
	d := w.latency
	if w.bytesPerSecond > 0 {
		d += time.Duration(n) * time.Second / time.Duration(w.bytesPerSecond)
	}
	return d
}

// wait waits for so long (for ever, if negative) or until something is closed; false when it is the link.
func (l *link) wait(d time.Duration, changed <-chan struct{}) bool {
	if d == 0 {
		return true
	}
	var over <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-over:
		return true
	case <-changed:
		return true
	case <-l.closed:
		return false
	}
}

// close ends both connections. It may be called again.
func (l *link) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.closed:
		return
	default:
		close(l.closed)
	}
	_ = l.client.Close() // who uses it sees the end
	if l.server != nil {
		_ = l.server.Close()
	}
}
