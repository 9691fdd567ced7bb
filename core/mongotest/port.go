package mongotest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// Ports are taken from below the range that Linux (from 32768) and others (from
// 49152) hand out to outgoing connections: a port of that range can be lost to any client
// while its server is down.
const (
	firstPort = 20000
	lastPort  = 32000
)

// port is a TCP port that no other user of this package has, in any process,
// until it is released.
type port struct {
	number  int
	release func() error
}

func (p port) host() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(p.number)) }

func reservePort() (port, error) {
	folder := filepath.Join(os.TempDir(), fmt.Sprintf("revsync-ports-%d", os.Getuid()))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return port{}, err
	}
	const attempts = 1000
	for range attempts {
		number := firstPort + rand.IntN(lastPort-firstPort)
		release, err := tryLockFile(filepath.Join(folder, strconv.Itoa(number)))
		if errors.Is(err, errLocked) {
			continue
		}
		if err != nil {
			return port{}, fmt.Errorf("reserve a port: %w", err)
		}
		p := port{number, release}
		if p.free() {
			return p, nil
		}
		if err := release(); err != nil {
			return port{}, err
		}
	}
	return port{}, fmt.Errorf("no free port between %d and %d after %d attempts", firstPort, lastPort, attempts)
}

// free tells whether nothing listens on the port now.
func (p port) free() bool {
	listener, err := net.Listen("tcp", p.host())
	return err == nil && listener.Close() == nil
}
