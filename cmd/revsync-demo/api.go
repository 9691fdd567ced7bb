package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	callTimeout   = time.Minute
	maxReplyBytes = 1 << 20
)

// api is the REST interface of the server.
type api struct{ base string }

// progress is the part of a progress reply that is shown.
type progress struct {
	State          string
	Info           string
	Step           string
	CanCommit      bool
	CanWrite       bool
	Epoch          int
	LagMillis      *int64
	TotalEvents    int64 `json:"totalEventsApplied"`
	CollectionCopy struct {
		Total  int64 `json:"estimatedTotalBytes"`
		Copied int64 `json:"estimatedCopiedBytes"`
	}
	Indexes *struct {
		Built int `json:"indexesBuilt"`
		Total int `json:"totalIndexesToBuild"`
	} `json:"indexBuilding"`
	Direction struct{ Source, Destination string } `json:"directionMapping"`
	LastError *struct{ Message string }
}

// reply is any reply; raw is as it came.
type reply struct {
	Success          bool
	Error            string
	ErrorDescription string
	Progress         progress
	Preflight        preflight
	raw              string
}

// curl is the command line for a call. An empty body is a GET.
func (a api) curl(path, body string) string {
	line := "curl -sS " + a.base + "/api/v1/" + path
	if body != "" {
		line += " --data '" + body + "'"
	}
	return line
}

// call does what the curl line does, headers included. A refusal is an error.
func (a api) call(ctx context.Context, path, body string) (r reply, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, callTimeout, fmt.Errorf("no answer within %s", callTimeout))
	defer cancel()
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, a.base+"/api/v1/"+path, strings.NewReader(body))
	if err != nil {
		return r, err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded") // as curl --data sends
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return r, err
	}
	defer res.Body.Close() //nolint:errcheck // only read
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxReplyBytes))
	if err != nil {
		return r, err
	}
	return decode(raw)
}

func decode(raw []byte) (r reply, err error) {
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("the reply is not JSON: %w", err)
	}
	r.raw = string(bytes.TrimSpace(raw))
	if !r.Success {
		return r, errors.New("refused: " + r.raw)
	}
	return r, nil
}
