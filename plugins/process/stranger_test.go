//go:build unix

package process

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestOnlyTheEngineIsLetIn: a module and its engine answer each other, and on the same sockets, one of each, nobody who has
// not got a certificate that was made for this one process.
func TestOnlyTheEngineIsLetIn(t *testing.T) {
	m := load(t, playing(t, "sdk"), Options{})
	_, err := ask(t, m, "says", nil, time.Minute)
	require.NoError(t, err)
	files, err := os.ReadDir(m.current.child.sockets)
	require.NoError(t, err)
	require.Len(t, files, 2)

	key, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	require.NoError(t, err)
	form := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	require.NoError(t, err)
	trusting := &tls.Config{InsecureSkipVerify: true} //nolint:gosec // it is the module's side that is looked at
	own := trusting.Clone()
	own.Certificates = []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}
	for says, as := range map[string]*tls.Config{"certificate required": trusting, "certificate": own} {
		for _, file := range files {
			conn, err := net.Dial("unix", filepath.Join(m.current.child.sockets, file.Name()))
			require.NoError(t, err)
			require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
			_, err = tls.Client(conn, as).Read(make([]byte, 1)) // what the other side thinks of the handshake comes after it
			require.ErrorContains(t, err, "remote error: tls: ")
			require.ErrorContains(t, err, says)
			require.NoError(t, conn.Close())
		}
	}
	_, err = ask(t, m, "says", nil, time.Minute)
	require.NoError(t, err)
}
