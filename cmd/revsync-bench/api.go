package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// api is the REST interface of a server, as an operator's script would use it.
type api struct{ base string }

// progress is the part of a progress reply that is looked at.
type progress struct {
	State     string
	Info      string
	CanCommit bool
	CanWrite  bool
	Applied   struct {
		Time struct{ T, I uint32 } `json:"$timestamp"`
	} `json:"lastAppliedOpTime"`
	LastError *struct{ Message string }
}

func (p progress) applied() bson.Timestamp {
	return bson.Timestamp{T: p.Applied.Time.T, I: p.Applied.Time.I}
}

// reply is any reply.
type reply struct {
	Success          bool
	Error            string
	ErrorDescription string
	Progress         progress
}

// callTimeout is longer than the server may take for a command.
const callTimeout = 6 * time.Minute

func (a api) progress(ctx context.Context) (progress, error) {
	r, err := a.call(ctx, http.MethodGet, "progress", "")
	return r.Progress, err
}

func (a api) post(ctx context.Context, command, body string) error {
	_, err := a.call(ctx, http.MethodPost, command, body)
	return err
}

func (a api) call(ctx context.Context, method, command, body string) (r reply, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, callTimeout, fmt.Errorf("%s: no answer within %s", command, callTimeout))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, a.base+"/api/v1/"+command, strings.NewReader(body))
	if err != nil {
		return r, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return r, err
	}
	defer res.Body.Close() //nolint:errcheck // only read
	if err := json.NewDecoder(res.Body).Decode(&r); err != nil {
		return r, fmt.Errorf("%s: the reply cannot be read: %w", command, err)
	}
	if !r.Success {
		return r, fmt.Errorf("%s was refused: %s: %s", command, r.Error, r.ErrorDescription)
	}
	return r, nil
}
