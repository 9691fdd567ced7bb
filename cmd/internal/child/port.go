package child

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports are taken from below those that systems hand out to outgoing connections,
// so that one stays free while the server is started again.
const (
	firstPort = 10000
	lastPort  = 20000
)

// FreePort is the first of the preferred ports on which nobody listens, or any
// other such port. Somebody may take it before the server does; the server says
// so and ends then.
func FreePort(preferred ...string) (string, error) {
	const attempts = 100
	var last error
	for i := range attempts {
		port := strconv.Itoa(firstPort + rand.IntN(lastPort-firstPort))
		if i < len(preferred) {
			port = preferred[i]
		}
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
		if err == nil {
			return port, listener.Close()
		}
		last = err
	}
	return "", fmt.Errorf("no free port after %d attempts: %w", attempts, last)
}
