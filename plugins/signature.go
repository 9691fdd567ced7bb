package plugins

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// SignatureFile holds the signature of a plugin, beside its plugin.json: one line of three words, the word ed25519, the
// fingerprint of the key, and in base64 the Ed25519 signature of the exact bytes of plugin.json. These pin the digest of
// the module's file, so that the one signature covers the code and the rights that an operator gives it.
const SignatureFile = manifestFile + ".sig"

// ErrNotTrusted is in the chain of every error about a signature that is missing, broken, or by somebody else.
var ErrNotTrusted = errors.New("not trusted")

const (
	signatureWord     = "ed25519"
	maxSignatureBytes = 1 << 10
)

// Fingerprint is how a public key is named: the SHA-256, in hexadecimal, of its DER form (SubjectPublicKeyInfo).
func Fingerprint(key ed25519.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "" // happens for no key of this type
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// Sign makes the content of SignatureFile for a manifest.
func Sign(key ed25519.PrivateKey, manifest []byte) []byte {
	by := Fingerprint(key.Public().(ed25519.PublicKey))
	return fmt.Appendf(nil, "%s %s %s\n", signatureWord, by, base64.StdEncoding.EncodeToString(ed25519.Sign(key, manifest)))
}

// SignerOf is the fingerprint of the key that a signature names. It proves nothing; that is for VerifySignature.
func SignerOf(signature []byte) (string, error) {
	by, _, err := parseSignature(signature)
	return by, err
}

func parseSignature(text []byte) (by string, signature []byte, err error) {
	line := strings.TrimSuffix(string(text), "\n")
	words := strings.Split(line, " ")
	if len(words) != 3 || words[0] != signatureWord || !isSHA256(words[1]) {
		return "", nil, fmt.Errorf("%w: %s is damaged: it is not one line with %s, a fingerprint and a signature", ErrNotTrusted, SignatureFile, signatureWord)
	}
	signature, err = base64.StdEncoding.Strict().DecodeString(words[2])
	if err != nil || len(signature) != ed25519.SignatureSize || strings.ContainsAny(words[2], "\r\n") {
		return "", nil, fmt.Errorf("%w: %s is damaged: its last word is not a signature in base64", ErrNotTrusted, SignatureFile)
	}
	return words[1], signature, nil
}

// VerifySignature holds the content of SignatureFile against the exact bytes of a manifest, and returns the fingerprint
// of the trusted key that made it.
func VerifySignature(manifest, signature []byte, trusted []ed25519.PublicKey) (string, error) {
	by, raw, err := parseSignature(signature)
	if err != nil {
		return "", err
	}
	for _, key := range trusted {
		if Fingerprint(key) != by {
			continue
		}
		if !ed25519.Verify(key, manifest, raw) {
			return "", fmt.Errorf("%w: %s is not what key %s has signed: somebody changed it; look through it before you have it signed again", ErrNotTrusted, manifestFile, by)
		}
		return by, nil
	}
	return "", fmt.Errorf("%w: it is signed with key %s, which is not one of the trusted keys (%s)", ErrNotTrusted, by, fingerprints(trusted))
}

func fingerprints(keys []ed25519.PublicKey) string {
	var names []string
	for _, key := range keys {
		names = append(names, Fingerprint(key))
	}
	return strings.Join(names, ", ")
}

// verifyFolder is VerifySignature for the plugin in a folder, whose manifest has been read.
func verifyFolder(folder string, manifest []byte, trusted []ed25519.PublicKey) (string, error) {
	signature, err := readTrusted(filepath.Join(folder, SignatureFile), maxSignatureBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%w: it has no signature (%s), and this server runs only plugins that are signed: look through its manifest, then run: revsync plugin sign %q --key FILE", ErrNotTrusted, SignatureFile, folder)
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNotTrusted, err)
	}
	return VerifySignature(manifest, signature, trusted)
}
