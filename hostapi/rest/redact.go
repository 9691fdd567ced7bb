package rest

import "regexp"

// Connection strings hold the password between "//" and the last "@", and some
// options hold secrets too. A malformed string may hold anything there, so
// everything up to the last "@" of the line (or of the JSON string) goes.
var (
	userInfo     = regexp.MustCompile(`(?i)(mongodb(?:\+srv)?[:/]+)(?:[^"\\\n]|\\.)*@`)
	secretOption = regexp.MustCompile(`(?i)((?:tlsCertificateKeyFilePassword|sslClientCertificateKeyPassword|authMechanismProperties|proxyPassword)=)[^&"\s\\]*`)
)

// Redact takes the credentials out of every connection string in a text. It
// works on plain text, one line at a time, and on encoded JSON.
func Redact(text []byte) []byte {
	text = userInfo.ReplaceAll(text, []byte("$1***@"))
	return secretOption.ReplaceAll(text, []byte("$1***"))
}
