package author

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// removed stands where a secret was.
const removed = "removed"

// secretKeys are the fields of server replies that hold secrets, in lower case: password hashes (usersInfo with
// showCredentials), key files and passwords in getCmdLineOpts, and the signature of the cluster time.
var secretKeys = []string{"credentials", "password", "passwd", "pwd", "storedkey", "serverkey", "salt", "keyfile", "signature",
	"clusterfile", "certificatekeyfile", "certificatekeyfilepassword", "clusterpassword", "querypassword", "authorization", "speculativeauthenticate"}

var userInfo = regexp.MustCompile(`(mongodb(?:\+srv)?://)[^@/\s]*@`)

func withoutCredentials(text string) string { return userInfo.ReplaceAllString(text, "${1}***@") }

// withoutSecrets rewrites a reply: the order of its keys is not kept, the digits of its numbers are.
func withoutSecrets(doc json.RawMessage) (json.RawMessage, error) {
	var v any
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return json.Marshal(scrub(v))
}

func scrub(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if slices.Contains(secretKeys, strings.ToLower(key)) {
				v[key] = removed
				continue
			}
			v[key] = scrub(value)
		}
	case []any:
		for i := range v {
			v[i] = scrub(v[i])
		}
	case string:
		return withoutCredentials(v)
	}
	return v
}
