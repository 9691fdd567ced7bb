//go:build unix

package pythonhook

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// identity makes a certificate as go-plugin does, on the curve P-521.
func identity(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	require.NoError(t, err)
	form := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	require.NoError(t, err)
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, string(text)
}

// TestOnlyTheEngineIsLetIn starts the program by hand: it serves whoever has the engine's certificate and nobody else,
// leaves no key behind, and ends when its standard input does.
func TestOnlyTheEngineIsLetIn(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "program")
	require.NoError(t, os.WriteFile(path, program(t), 0o700))
	engine, known := identity(t)
	stranger, _ := identity(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	cmd.Env = []string{"REVSYNC_PLUGIN=revsync.plugin/v1", "PLUGIN_UNIX_SOCKET_DIR=" + dir, "PLUGIN_CLIENT_CERT=" + known}
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	fields := strings.Split(strings.TrimSpace(line), "|")
	require.Len(t, fields, 6)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 2, "the program and its socket")

	require.NoError(t, health(ctx, t, fields, engine))
	require.Error(t, health(ctx, t, fields, stranger))

	require.NoError(t, in.Close())
	require.NoError(t, cmd.Wait())
}

// health asks the service that go-plugin asks, as the bearer of a certificate.
func health(ctx context.Context, t *testing.T, handshake []string, as tls.Certificate) error {
	t.Helper()
	der, err := base64.RawStdEncoding.DecodeString(handshake[5])
	require.NoError(t, err)
	theirs, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(theirs)
	secure := credentials.NewTLS(&tls.Config{Certificates: []tls.Certificate{as}, RootCAs: roots, ServerName: "localhost", MinVersion: tls.VersionTLS12})
	conn, err := grpc.NewClient("unix:"+handshake[3], grpc.WithTransportCredentials(secure))
	require.NoError(t, err)
	defer conn.Close() //nolint:errcheck // it has been used
	resp, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: "plugin"})
	if err == nil {
		require.Equal(t, grpc_health_v1.HealthCheckResponse_SERVING, resp.GetStatus())
	}
	return err
}
