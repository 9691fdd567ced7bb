//go:build unix

package process

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
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
	for name, c := range map[string]struct {
		as   credentials.TransportCredentials
		says string
	}{
		"in plain text":          {insecure.NewCredentials(), "error reading server preface"},
		"without a certificate":  {credentials.NewTLS(trusting), "certificate required"},
		"with one of a stranger": {credentials.NewTLS(own), "tls: "},
	} {
		for _, socket := range files {
			conn, err := grpc.NewClient("unix:"+filepath.Join(m.current.child.sockets, socket.Name()), grpc.WithTransportCredentials(c.as))
			require.NoError(t, err)
			_, err = grpc_health_v1.NewHealthClient(conn).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: "plugin"})
			require.ErrorContains(t, err, c.says, name)
			require.NoError(t, conn.Close())
		}
	}
	_, err = ask(t, m, "says", nil, time.Minute)
	require.NoError(t, err)
}
