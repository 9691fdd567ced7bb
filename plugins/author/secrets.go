package author

import (
	"bytes"
	"encoding/json"
	"fmt"
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

// withoutSecrets rewrites a reply. The order of its keys, which means something in the key of an index, and the digits of
// its numbers are kept.
func withoutSecrets(doc json.RawMessage) (json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	var out bytes.Buffer
	err := scrub(d, &out)
	return out.Bytes(), err
}

// scrub copies the next value.
func scrub(d *json.Decoder, out *bytes.Buffer) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	switch v := token.(type) {
	case json.Delim:
		return scrubInside(d, out, v)
	case string:
		return put(out, withoutCredentials(v))
	}
	return put(out, token)
}

// scrubInside copies what is left of a document or list that has been begun.
func scrubInside(d *json.Decoder, out *bytes.Buffer, begin json.Delim) error {
	out.WriteString(begin.String())
	for first := true; d.More(); first = false {
		if !first {
			out.WriteByte(',')
		}
		copied := scrub
		if begin == '{' {
			key, err := d.Token()
			if err != nil {
				return err
			}
			if err := put(out, key); err != nil {
				return err
			}
			out.WriteByte(':')
			if name, _ := key.(string); slices.Contains(secretKeys, strings.ToLower(name)) {
				copied = remove
			}
		}
		if err := copied(d, out); err != nil {
			return err
		}
	}
	end, err := d.Token()
	if err == nil {
		_, err = fmt.Fprint(out, end)
	}
	return err
}

// remove passes over the next value.
func remove(d *json.Decoder, out *bytes.Buffer) error {
	var secret json.RawMessage
	if err := d.Decode(&secret); err != nil {
		return err
	}
	return put(out, removed)
}

func put(out *bytes.Buffer, v any) error {
	text, err := json.Marshal(v)
	out.Write(text)
	return err
}
