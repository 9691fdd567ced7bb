package rest

import (
	"context"
	"encoding/json"

	"github.com/revsync/revsync/core"
)

// acceptField is the field by which a request accepts findings of checks.
const acceptField = "acceptFindings"

// setAccept reads the names of findings and refuses those that nobody can accept.
func setAccept(dst *[]string) func(json.RawMessage) error {
	return func(raw json.RawMessage) error {
		if err := list(dst, name)(raw); err != nil {
			return err
		}
		return core.ValidateAccept(*dst)
	}
}

// judged makes a handler of a command that checks judge.
func judged(command func(ctx context.Context, accept ...string) error) handler {
	return func(ctx context.Context, body []byte) (any, error) {
		var accept []string
		if err := (object{acceptField: setAccept(&accept)}).decode(body); err != nil {
			return nil, invalid("%w", err)
		}
		return accepted{true}, command(ctx, accept...)
	}
}
