package plugins

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
)

const maxKeyFileBytes = 64 << 10

// ReadTrustedKeys reads the public keys whose signatures are trusted from PEM files, each with one block "PUBLIC KEY" or
// several. Links are followed; a file that everybody may write to or exchange is refused, and so is one without a key.
func ReadTrustedKeys(paths ...string) ([]ed25519.PublicKey, error) {
	var keys []ed25519.PublicKey
	for _, path := range paths {
		text, err := readKeyFile(path)
		if err != nil {
			return nil, fmt.Errorf("file of trusted keys: %w", err)
		}
		more, err := parsePublicKeys(text)
		if err != nil {
			return nil, fmt.Errorf("file of trusted keys %s: %w", path, err)
		}
		keys = append(keys, more...)
	}
	return keys, nil
}

func readKeyFile(path string) ([]byte, error) {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, err
	}
	folder, err := os.Stat(filepath.Dir(target))
	if err != nil {
		return nil, err
	}
	if folder.Mode().Perm()&worldWritable != 0 {
		return nil, fmt.Errorf("%s lies in a folder that is writable for everybody; put it where only those can write who decide what is trusted", target)
	}
	return readTrusted(target, maxKeyFileBytes)
}

func parsePublicKeys(text []byte) ([]ed25519.PublicKey, error) {
	var keys []ed25519.PublicKey
	for len(bytes.TrimSpace(text)) > 0 {
		block, rest := pem.Decode(text)
		if block == nil {
			return nil, fmt.Errorf(`it has something other than PEM blocks "PUBLIC KEY" in it`)
		}
		key, err := parsePublicKey(block)
		if err != nil {
			return nil, err
		}
		keys, text = append(keys, key), rest
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("it is empty")
	}
	return keys, nil
}

func parsePublicKey(block *pem.Block) (ed25519.PublicKey, error) {
	if block.Type != "PUBLIC KEY" {
		return nil, fmt.Errorf(`it has a block %q; only "PUBLIC KEY" belongs here, and a private key must not come near a server`, block.Type)
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	if key, ok := key.(ed25519.PublicKey); ok {
		return key, nil
	}
	return nil, fmt.Errorf("it has a key that is not Ed25519 (%T); make one with: revsync plugin keygen FILE", key)
}
