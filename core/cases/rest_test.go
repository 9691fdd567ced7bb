//go:build unix

package cases_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/revsync/revsync/core/lifecycle"
)

// reply is an answer of the REST interface.
type reply struct {
	Success          bool
	Error            string
	ErrorDescription string
	Progress         map[string]any
}

func (e *engine) call(method, path, body string) (r reply, err error) {
	address, err := e.address()
	if err != nil {
		return r, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+address+"/api/v1/"+path, strings.NewReader(body))
	if err != nil {
		return r, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return r, err
	}
	defer res.Body.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}

// post sends a command that is to be accepted.
func (e *engine) post(command, body string) error {
	r, err := e.call(http.MethodPost, command, body)
	if err == nil && !r.Success {
		err = fmt.Errorf("%s was refused: %s: %s", command, r.Error, r.ErrorDescription)
	}
	return err
}

// progress is one look; the fields are those of the REST interface.
type progress map[string]any

func (e *engine) progress() (progress, error) {
	r, err := e.call(http.MethodGet, "progress", "")
	if err == nil && r.Progress == nil {
		err = fmt.Errorf("no progress: %s", r.ErrorDescription)
	}
	return r.Progress, err
}

func (p progress) state() string { return fmt.Sprint(p["state"]) }

// text is a field as JSON, of a text the text itself.
func (p progress) text(field string) string {
	if s, ok := p[field].(string); ok {
		return s
	}
	out, _ := json.Marshal(p[field])
	return string(out)
}

// applied is the field lastAppliedOpTime, zero when it is null.
func (p progress) applied() (o lifecycle.OpTime) {
	outer, _ := p["lastAppliedOpTime"].(map[string]any)
	inner, _ := outer["$timestamp"].(map[string]any)
	t, _ := inner["t"].(float64)
	i, _ := inner["i"].(float64)
	return lifecycle.OpTime{T: uint32(t), I: uint32(i)}
}

// until waits for a condition of progress.
func (e *engine) until(what string, done func(progress) bool) error {
	var last progress
	err := await(patience, what, func() (bool, error) {
		if !e.running() {
			return false, errEnded
		}
		p, err := e.progress()
		if err != nil {
			return false, err
		}
		last = p
		return done(p), nil
	})
	if err != nil {
		err = fmt.Errorf("%w; last seen: state %s, cannotCommitReason %s, lastError %s, warnings %s",
			err, last.text("state"), last.text("cannotCommitReason"), last.text("lastError"), last.text("warnings"))
	}
	return err
}

func (e *engine) state(want string) error {
	return e.until("state "+want, func(p progress) bool { return p.state() == want })
}
