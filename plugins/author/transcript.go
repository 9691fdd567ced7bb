package author

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/sdk"
)

// Transcript is one evaluation that was recorded: the request with its facts, each host call with its answer, secrets
// removed from both, and what the component found.
type Transcript struct {
	APIVersion string        `json:"apiVersion"`
	Request    sdk.Request   `json:"request"`
	Calls      []Call        `json:"calls"`
	Findings   []sdk.Finding `json:"findings"`
}

// Call is one host call: a result, or the status that it was refused with.
type Call struct {
	Op      string           `json:"op"`
	Request json.RawMessage  `json:"request"`
	Result  json.RawMessage  `json:"result,omitempty"`
	Error   *sdk.StatusError `json:"error,omitempty"`
}

// Record runs a component against live clusters and writes down what was said. The module is told what is written down,
// so that a replay gives the same answer.
func (p *Plugin) Record(ctx context.Context, req sdk.Request, clusters guest.Commander) (*Transcript, sdk.Report, error) {
	if req.Now.IsZero() {
		req.Now = time.Now().UTC().Truncate(time.Second)
	}
	var err error
	if req.Facts, err = factsWithoutSecrets(req.Facts); err != nil {
		return nil, sdk.Report{}, err
	}
	r := &recorder{}
	report, err := p.run(ctx, req, clusters, r.between)
	if err != nil {
		return nil, report, err
	}
	switch report.Results[0].Outcome {
	case sdk.OutcomeSkipped:
		return nil, report, fmt.Errorf("component %s is a hook, which is not called in a dry run, so that there is nothing to record", report.Results[0].Component)
	case sdk.OutcomeFailed:
		return nil, report, fmt.Errorf("component %s gave no answer that could be recorded", report.Results[0].Component)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.request.EvaluationID, r.request.Deadline = "transcript", time.Time{}
	return &Transcript{APIVersion: sdk.APIVersion, Request: r.request, Calls: r.calls, Findings: report.Results[0].Findings}, report, nil
}

// Replay runs the component of a transcript without a cluster, with the rights that it has now. The error says how what it
// asks, may ask or finds differs.
func (p *Plugin) Replay(ctx context.Context, t *Transcript) error {
	r := &replayer{left: append([]Call(nil), t.Calls...)}
	report, err := p.run(ctx, t.Request, nil, r.between)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.left {
		r.wrong = append(r.wrong, fmt.Errorf("it no longer asks %s %s", c.Op, c.Request))
	}
	if got, want := findingsText(report.Results[0].Findings), findingsText(t.Findings); got != want {
		r.wrong = append(r.wrong, fmt.Errorf("it finds %s, the transcript has %s", got, want))
	}
	return errors.Join(r.wrong...)
}

func findingsText(list []sdk.Finding) string {
	if len(list) == 0 {
		return "nothing"
	}
	doc, err := json.Marshal(list)
	if err != nil {
		return err.Error()
	}
	return string(doc)
}

// Encode writes the transcript as people read it; the text of the calls is kept.
func (t *Transcript) Encode() ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(t)
	return out.Bytes(), err
}

// recorder stands between a module and its host.
type recorder struct {
	host sdk.Host

	mu      sync.Mutex
	request sdk.Request
	calls   []Call
}

func (r *recorder) between(host sdk.Host, req *sdk.Request) sdk.Host {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.host, r.request = host, *req
	return r
}

// Call passes the call on and writes down the answer without secrets, which is also what the module gets.
func (r *recorder) Call(ctx context.Context, op string, req json.RawMessage) (json.RawMessage, error) {
	result, err := r.host.Call(ctx, op, req)
	c := Call{Op: op, Request: append(json.RawMessage(nil), req...), Error: sdk.StatusOf(err)}
	if err == nil {
		if c.Result, err = withoutSecrets(result); err != nil {
			return nil, err
		}
	} else {
		c.Error = &sdk.StatusError{Code: c.Error.Code, Message: withoutCredentials(c.Error.Message)}
	}
	r.mu.Lock()
	r.calls = append(r.calls, c)
	r.mu.Unlock()
	return c.answer()
}

// Log passes the line on.
func (r *recorder) Log(ctx context.Context, level sdk.Level, msg string) { r.host.Log(ctx, level, msg) }

func (c Call) answer() (json.RawMessage, error) {
	if c.Error != nil {
		return nil, c.Error
	}
	var line bytes.Buffer // as the host sends it, whatever an editor has made of the file
	if err := json.Compact(&line, c.Result); err != nil {
		return nil, sdk.Statusf(sdk.CodeInternal, "the transcript's result of %s: %v", c.Op, err)
	}
	return line.Bytes(), nil
}

// replayer answers from a transcript, each entry once. The host, which has no cluster, decides what may be asked.
type replayer struct {
	host sdk.Host

	mu    sync.Mutex
	left  []Call
	wrong []error
}

func (r *replayer) between(host sdk.Host, _ *sdk.Request) sdk.Host {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.host = host
	return r
}

// Call looks for the first entry left that asks the same.
func (r *replayer) Call(ctx context.Context, op string, req json.RawMessage) (json.RawMessage, error) {
	_, refusal := r.host.Call(ctx, op, req) // any other error is that there is no cluster
	denied := isDenied(sdk.StatusOf(refusal))
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, c := range r.left {
		if c.Op != op || !sameJSON(c.Request, req) {
			continue
		}
		r.left = append(r.left[:i], r.left[i+1:]...)
		if !denied || isDenied(c.Error) {
			return c.answer()
		}
		r.wrong = append(r.wrong, fmt.Errorf("it has no right to ask %s %s any more, as it had when this was recorded: %w", op, req, refusal))
		return nil, refusal
	}
	r.wrong = append(r.wrong, fmt.Errorf("it asks %s %s, which is not in the transcript", op, req))
	return nil, sdk.Statusf(sdk.CodeUnavailable, "not in the transcript")
}

func isDenied(status *sdk.StatusError) bool {
	return status != nil && status.Code == sdk.CodePermissionDenied
}

// Log drops the line.
func (r *replayer) Log(context.Context, sdk.Level, string) {}

// sameJSON compares two documents without their white space; the order of keys means something in a command.
func sameJSON(a, b json.RawMessage) bool {
	var x, y bytes.Buffer
	if json.Compact(&x, a) != nil || json.Compact(&y, b) != nil {
		return bytes.Equal(a, b)
	}
	return bytes.Equal(x.Bytes(), y.Bytes())
}
