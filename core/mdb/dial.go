package mdb

import (
	"context"
	"net"
	"time"
)

// abruptDialer makes connections that drop what they have not sent when they
// are closed. After a time-out the driver closes the connection; without this
// the operating system would go on trying to deliver the command, and might, long
// after the same change was sent again over another connection.
type abruptDialer struct{ net.Dialer }

func newDialer() *abruptDialer {
	return &abruptDialer{net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}}
}

// DialContext implements options.ContextDialer.
func (d *abruptDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.Dialer.DialContext(ctx, network, address)
	if tcp, ok := conn.(*net.TCPConn); ok && err == nil {
		err = tcp.SetLinger(0)
	}
	return conn, err
}
