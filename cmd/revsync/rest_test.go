//go:build unix

package main_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
)

// reply is an answer of the REST interface.
type reply struct {
	status           int
	text             string
	header           http.Header
	Success          *bool
	Error            string
	ErrorDescription string
	Checks           []struct{ Code string }
	Progress         *progress
	Preflight        *struct {
		Eligible bool
		Refusal  *string
		Steps    []string
	}
}

func (r reply) accepted() bool { return r.Success != nil && *r.Success }

// progress is the part of a progress reply that tests look at.
type progress struct {
	State              string
	CanCommit          bool
	CanWrite           *bool
	CannotCommitReason *string
	Info               *string
	Step               *string
	Epoch              *int
	Warnings           []string
	TotalEventsApplied *int64
	LastAppliedOpTime  *opTime
	SourceOpTime       *opTime
	DirectionMapping   *struct{ Source, Destination string }
	CollectionCopy     *struct{ EstimatedCopiedBytes, EstimatedTotalBytes int64 }
	LastError          *struct{ Message string }
}

// opTime is a timestamp in Extended JSON.
type opTime struct {
	Timestamp struct{ T, I uint32 } `json:"$timestamp"`
}

func (o *opTime) number() uint64 {
	if o == nil {
		return 0
	}
	return uint64(o.Timestamp.T)<<32 | uint64(o.Timestamp.I)
}

func (p progress) epoch() int {
	if p.Epoch == nil {
		return -1
	}
	return *p.Epoch
}

func (p progress) info() string {
	if p.Info == nil {
		return ""
	}
	return *p.Info
}

func (p progress) copied() int64 {
	if p.CollectionCopy == nil {
		return 0
	}
	return p.CollectionCopy.EstimatedCopiedBytes
}

func (p progress) lastError() string {
	if p.LastError == nil {
		return ""
	}
	return p.LastError.Message
}

// try sends one request; the server may die meanwhile.
func (s *server) try(method, path, body string, edit ...func(*http.Request)) (r reply, err error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+s.address()+"/api/v1/"+path, strings.NewReader(body))
	if err != nil {
		return r, err
	}
	for _, f := range edit {
		f(req)
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
	requireNoPassword(s.t, string(text))
	r.status, r.text, r.header = res.StatusCode, string(text), res.Header
	return r, json.Unmarshal(text, &r)
}

// call sends one request to a server that is to be there.
func (s *server) call(method, path, body string, edit ...func(*http.Request)) reply {
	s.t.Helper()
	r, err := s.try(method, path, body, edit...)
	require.NoError(s.t, err)
	return r
}

// post sends a command that is to be accepted.
func (s *server) post(path, body string) {
	s.t.Helper()
	r := s.call(http.MethodPost, path, body)
	require.True(s.t, r.accepted(), r.text)
}

func (s *server) progress() progress {
	s.t.Helper()
	r := s.call(http.MethodGet, "progress", "")
	require.True(s.t, r.accepted() && r.Progress != nil, r.text)
	return *r.Progress
}

// until waits for a condition of progress, and fails when the process ends.
func (s *server) until(what string, limit time.Duration, done func(progress) bool) progress {
	s.t.Helper()
	var last progress
	var ended bool
	came := await(limit, func() bool {
		if ended = !s.running(); ended {
			return true
		}
		last = s.progress()
		return done(last)
	})
	if !came || ended {
		s.t.Fatalf("waited %s for %s; the process has ended: %v; last seen: %+v, last error %q", time.Since(s.began), what, ended, last, last.lastError())
	}
	return last
}

// patience is for what takes a second on a machine with nothing else to do.
const patience = 90 * time.Second

func (s *server) state(want string) progress {
	s.t.Helper()
	return s.until("state "+want, patience, func(p progress) bool { return p.State == want })
}
