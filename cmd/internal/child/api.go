package child

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	// callTimeout is longer than the server may take for a command.
	callTimeout   = 6 * time.Minute
	maxReplyBytes = 1 << 20
)

// API is the REST interface of a server.
type API struct{ Base string }

// Reply is any reply; Raw is as it came.
type Reply struct {
	Success          bool
	Error            string
	ErrorDescription string
	Progress         Progress
	Raw              json.RawMessage `json:"-"`
}

// Refused is the error for a reply that says no.
type Refused struct{ Reply }

// Error has the whole reply.
func (r *Refused) Error() string { return "refused: " + string(r.Raw) }

// Curl is the command line for a call. An empty body is a GET.
func (a API) Curl(path, body string) string {
	line := "curl -sS " + a.Base + "/api/v1/" + path
	if body != "" {
		line += " --data '" + body + "'"
	}
	return line
}

// Progress asks how things stand.
func (a API) Progress(ctx context.Context) (Progress, error) {
	r, err := a.Call(ctx, "progress", "")
	return r.Progress, err
}

// Call does what the curl line does, headers included. A refusal is a *Refused.
func (a API) Call(ctx context.Context, path, body string) (r Reply, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, callTimeout, fmt.Errorf("no answer within %s", callTimeout))
	defer cancel()
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, a.Base+"/api/v1/"+path, strings.NewReader(body))
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
		return r, fmt.Errorf("%s: %w", path, err)
	}
	return Decode(raw)
}

// Decode reads a reply as Call does.
func Decode(raw []byte) (r Reply, err error) {
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("the reply is not JSON: %w", err)
	}
	r.Raw = bytes.TrimSpace(raw)
	if !r.Success {
		return r, &Refused{r}
	}
	return r, nil
}
