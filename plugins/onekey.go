package plugins

import (
	"encoding/json"
	"fmt"
	"strings"
)

// eachKeyOnce refuses a document in which a key comes twice in one object, also in another case: encoding/json takes
// the last one, and a person who reads the first believes something that is not so. The cases of keys are told apart
// inside of "config", which is the module's.
func eachKeyOnce(d *json.Decoder, exactly bool) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	open, ok := t.(json.Delim)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for d.More() {
		inner := exactly
		if open == '{' {
			key, err := d.Token()
			if err != nil {
				return err
			}
			name := key.(string) // the decoder lets nothing else be a key
			if !exactly {
				name = strings.ToLower(name)
			}
			if seen[name] {
				return fmt.Errorf("key %q is there twice", key)
			}
			seen[name] = true
			inner = exactly || name == "config"
		}
		if err := eachKeyOnce(d, inner); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}
