package plugins

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/sdk"
)

// keyPair is one of a few keys that are the same in every run.
func keyPair(n byte) (ed25519.PublicKey, ed25519.PrivateKey) {
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
	return private.Public().(ed25519.PublicKey), private
}

// signFolder signs the manifest that lies there.
func signFolder(t *testing.T, plugin string, key ed25519.PrivateKey) {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join(plugin, manifestFile))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(plugin, SignatureFile), Sign(key, doc), 0o644))
}

func discoverTrusted(t *testing.T, dir string, trusted ...ed25519.PublicKey) *Installed {
	t.Helper()
	list, err := Discover(t.Context(), dir, map[string]Loader{"test": loadTest}, trusted...)
	require.NoError(t, err)
	require.Len(t, list, 1)
	return list[0]
}

func TestSignedPlugin(t *testing.T) {
	other, _ := keyPair(1)
	public, private := keyPair(2)
	dir, plugin := folder(t, manifest())
	signFolder(t, plugin, private)
	p := discoverTrusted(t, dir, other, public)
	require.NoError(t, p.LoadError())
	require.Equal(t, Fingerprint(public), p.SignedBy())
	require.True(t, reviewed(t, NewRunner(p)).Eligible)
}

// TestNobodyAsksForSignatures: without trusted keys they are not looked at.
func TestNobodyAsksForSignatures(t *testing.T) {
	dir, plugin := folder(t, manifest())
	require.NoError(t, os.WriteFile(filepath.Join(plugin, SignatureFile), []byte("rubbish"), 0o666))
	p := discoverTrusted(t, dir)
	require.NoError(t, p.LoadError())
	require.Empty(t, p.SignedBy())
}

// TestPluginThatIsNotTrustedRefuses: it refuses every phase, since the manifest that would say which it guards, and that a
// failure of it may be passed over, is as little to be believed as the rest.
func TestPluginThatIsNotTrustedRefuses(t *testing.T) {
	public, private := keyPair(1)
	_, stranger := keyPair(2)
	edit := func(plugin, file string, change func(string) string) {
		path := filepath.Join(plugin, file)
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NotEqual(t, string(text), change(string(text)))
		require.NoError(t, os.WriteFile(path, []byte(change(string(text))), 0o644))
	}
	for name, c := range map[string]struct {
		damage func(t *testing.T, plugin string)
		says   string
	}{
		"no signature":   {func(t *testing.T, p string) { require.NoError(t, os.Remove(filepath.Join(p, SignatureFile))) }, "it has no signature"},
		"another key":    {func(t *testing.T, p string) { signFolder(t, p, stranger) }, "not one of the trusted keys (" + Fingerprint(public) + ")"},
		"altered grants": {func(_ *testing.T, p string) { edit(p, manifestFile, replaced(`"buildInfo"`, `"listIndexes"`)) }, "somebody changed it"},
		"one byte more":  {func(_ *testing.T, p string) { edit(p, manifestFile, func(s string) string { return s + "\n" }) }, "somebody changed it"},
		"a module of his": {func(_ *testing.T, p string) {
			edit(p, manifestFile, replaced(digest(code), digest("evil")))
			edit(p, "m.bin", replaced(code, "evil"))
		}, "somebody changed it"},
		"not even JSON": {func(_ *testing.T, p string) { edit(p, manifestFile, func(string) string { return "{" }) }, "somebody changed it"},
		"a signature of another under the trusted name": {func(_ *testing.T, p string) {
			signFolder(t, p, stranger)
			edit(p, SignatureFile, replaced(Fingerprint(stranger.Public().(ed25519.PublicKey)), Fingerprint(public)))
		}, "somebody changed it"},
		"cut":      {func(_ *testing.T, p string) { edit(p, SignatureFile, func(s string) string { return s[:len(s)-9] }) }, "damaged"},
		"cut away": {func(_ *testing.T, p string) { edit(p, SignatureFile, func(string) string { return "" }) }, "damaged"},
		"rubbish": {func(_ *testing.T, p string) {
			edit(p, SignatureFile, func(string) string { return "\x00\xff ed25519" })
		}, "damaged"},
		"too long": {func(_ *testing.T, p string) {
			edit(p, SignatureFile, func(s string) string { return s + strings.Repeat("x", 2000) })
		}, "larger than"},
		"for everybody":  {func(t *testing.T, p string) { require.NoError(t, os.Chmod(filepath.Join(p, SignatureFile), 0o666)) }, "writable for everybody"},
		"a link":         {func(t *testing.T, p string) { link(SignatureFile)(t, p) }, "links are not followed"},
		"another scheme": {func(_ *testing.T, p string) { edit(p, SignatureFile, replaced("ed25519", "none")) }, "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			m := manifest()
			m.Components[0].Phases, m.Components[0].FailurePolicy = []sdk.Phase{sdk.PhasePostReverse}, FailurePolicyIgnore
			dir, plugin := folder(t, m)
			signFolder(t, plugin, private)
			c.damage(t, plugin)
			list, err := Discover(t.Context(), dir, map[string]Loader{"test": func(context.Context, Manifest, []byte) (Module, error) {
				require.Fail(t, "code that is not trusted was loaded")
				return nil, os.ErrInvalid
			}}, public)
			require.NoError(t, err)
			p := list[0]
			require.ErrorIs(t, p.LoadError(), ErrNotTrusted)
			require.ErrorContains(t, p.LoadError(), c.says)
			require.Empty(t, p.SignedBy())
			require.Equal(t, Manifest{Name: "m"}, p.Manifest())
			for _, trigger := range sdk.Triggers {
				report := reviewed(t, NewRunner(p), func(r *sdk.Request) { r.Trigger, r.Phase = trigger, trigger.Gate() })
				require.False(t, report.Eligible, trigger)
			}
		})
	}
}

func replaced(old, with string) func(string) string {
	return func(s string) string { return strings.ReplaceAll(s, old, with) }
}

// TestAlteredModuleOfASignedPlugin: the signature is good, the file is not what it pins.
func TestAlteredModuleOfASignedPlugin(t *testing.T) {
	public, private := keyPair(1)
	dir, plugin := folder(t, manifest())
	signFolder(t, plugin, private)
	require.NoError(t, os.WriteFile(filepath.Join(plugin, "m.bin"), []byte("evil"), 0o644))
	p := discoverTrusted(t, dir, public)
	require.ErrorContains(t, p.LoadError(), "somebody changed the file")
	require.False(t, reviewed(t, NewRunner(p)).Eligible)
}

// TestEveryBitCounts: no bit of a signature or of what is signed can be turned over.
func TestEveryBitCounts(t *testing.T) {
	public, private := keyPair(1)
	doc, err := json.Marshal(manifest())
	require.NoError(t, err)
	signature := Sign(private, doc)
	by, err := VerifySignature(doc, signature, []ed25519.PublicKey{public})
	require.NoError(t, err)
	require.Equal(t, Fingerprint(public), by)
	for _, text := range [][]byte{doc, signature[:len(signature)-1]} { // the line's end may be missing
		for i := range text {
			for bit := range 8 {
				text[i] ^= 1 << bit
				_, err := VerifySignature(doc, signature, []ed25519.PublicKey{public})
				require.ErrorIs(t, err, ErrNotTrusted, "byte %d, bit %d", i, bit)
				text[i] ^= 1 << bit
			}
		}
	}
}

func publicPEM(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func writeKeys(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys.pem")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

func TestTrustedKeys(t *testing.T) {
	a, secret := keyPair(1)
	b, _ := keyPair(2)
	keys, err := ReadTrustedKeys()
	require.NoError(t, err)
	require.Empty(t, keys)
	both := writeKeys(t, "the platform team\n"+publicPEM(t, a)+"\n"+publicPEM(t, b))
	linked := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(both, linked))
	keys, err = ReadTrustedKeys(both, linked)
	require.NoError(t, err)
	require.Equal(t, []ed25519.PublicKey{a, b, a, b}, keys)

	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(secret)
	require.NoError(t, err)
	private := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	for text, says := range map[string]string{
		"":                            "it is empty",
		"\n \n":                       "it is empty",
		"rubbish":                     "something other than PEM blocks",
		publicPEM(t, a) + "rubbish":   "something other than PEM blocks",
		publicPEM(t, a)[:60]:          "something other than PEM blocks",
		private:                       "a private key must not come near a server",
		publicPEM(t, a) + private:     "a private key must not come near a server",
		publicPEM(t, &p256.PublicKey): "not Ed25519",
		strings.Repeat("x", 70<<10):   "larger than",
		"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n": "asn1",
	} {
		_, err := ReadTrustedKeys(both, writeKeys(t, text))
		require.ErrorContains(t, err, says)
		require.NotContains(t, err.Error(), strings.Split(private, "\n")[1])
	}
}

func TestFilesOfKeysThatAnybodyCanChange(t *testing.T) {
	a, _ := keyPair(1)
	path := writeKeys(t, publicPEM(t, a))
	require.NoError(t, os.Chmod(path, 0o646))
	_, err := ReadTrustedKeys(path)
	require.ErrorContains(t, err, "chmod o-w")
	require.NoError(t, os.Chmod(path, 0o644))
	require.NoError(t, os.Chmod(filepath.Dir(path), 0o777|os.ModeSticky))
	_, err = ReadTrustedKeys(path)
	require.ErrorContains(t, err, "a folder that is writable for everybody")
	_, err = ReadTrustedKeys(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = ReadTrustedKeys(t.TempDir())
	require.ErrorContains(t, err, "not a regular file")
}
