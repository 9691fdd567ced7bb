package author

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/revsync/revsync/plugins"
)

// publicSuffix is what the name of a public key's file adds to that of the private one.
const publicSuffix = ".pub"

// NewKey makes a pair of keys and writes them in PEM: the private one to path, for its owner alone, the public one to
// path with ".pub". It writes over no file. It returns the fingerprint.
func NewKey(path string) (string, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return "", err
	}
	open, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return "", err
	}
	if err := writeNew(path, "PRIVATE KEY", secret, 0o600); err != nil {
		return "", err
	}
	if err := writeNew(path+publicSuffix, "PUBLIC KEY", open, 0o644); err != nil {
		return "", errors.Join(err, os.Remove(path))
	}
	return plugins.Fingerprint(public), nil
}

func writeNew(path, kind string, der []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already and is left as it is; name another file", path)
	}
	if err != nil {
		return err
	}
	err = errors.Join(pem.Encode(f, &pem.Block{Type: kind, Bytes: der}), f.Close())
	if err != nil {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

// Sign writes the signature of a plugin's manifest, and through the digest that it pins of the module's file, beside it,
// and returns the fingerprint of the key. What the engine would not load is not signed.
func Sign(dir, keyFile string) (string, error) {
	key, err := readPrivateKey(keyFile)
	if err != nil {
		return "", fmt.Errorf("private key: %w", err)
	}
	c, err := readFolder(dir, nil)
	if err != nil {
		return "", err
	}
	signature := plugins.Sign(key, c.doc)
	return plugins.Fingerprint(key.Public().(ed25519.PublicKey)), write(filepath.Join(dir, plugins.SignatureFile), signature, 0o644)
}

// others are the modes by which somebody else than the owner has a part in a file.
const others = 0o077

func readPrivateKey(path string) (ed25519.PrivateKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&others != 0 && runtime.GOOS != "windows" { // which has no such modes
		return nil, fmt.Errorf("%s is open to others than its owner; if nobody can have read it, run: chmod 600 %q", path, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, fmt.Errorf(`%s has no PEM block "PRIVATE KEY"; make a key with: revsync plugin keygen FILE`, path)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if key, ok := key.(ed25519.PrivateKey); ok {
		return key, nil
	}
	return nil, fmt.Errorf("%s has a key that is not Ed25519; make one with: revsync plugin keygen FILE", path)
}

// Signature says by which key a plugin is signed.
type Signature struct {
	Key string `json:"key"` // its fingerprint
	// Verified is false when there was no key to hold it against: then it says only what the file says.
	Verified bool `json:"verified"`
}

// signatureOf looks at the signature of a plugin whose manifest has been read, nil when there is none. With trusted keys it
// must be by one of them, as it must in the engine.
func signatureOf(dir string, doc []byte, trusted []ed25519.PublicKey) (*Signature, error) {
	text, err := plugins.ReadFile(dir, plugins.SignatureFile)
	missing := errors.Is(err, fs.ErrNotExist)
	if missing && len(trusted) == 0 {
		return nil, nil
	}
	if missing {
		return nil, fmt.Errorf("%w: it has no signature (%s): look through its manifest, then run: revsync plugin sign %q --key FILE",
			ErrManifest, plugins.SignatureFile, dir)
	}
	var by string
	if err == nil {
		by, err = plugins.SignerOf(text)
	}
	if err == nil && len(trusted) > 0 {
		by, err = plugins.VerifySignature(doc, text, trusted)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	return &Signature{Key: by, Verified: len(trusted) > 0}, nil
}
