package rest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
)

// held is an engine whose commands wait until hold is closed.
func held(state lifecycle.State) *scripted {
	return &scripted{state: state, hold: make(chan struct{}), entered: make(chan string, 10)}
}

// running starts Run on a free port; stop ends it and gives its result.
func running(t *testing.T, e Engine) (url string, stop func() error) {
	t.Helper()
	s := New(e, nil, "127.0.0.1:0")
	ctx, cancel := context.WithCancelCause(t.Context())
	result := make(chan error, 1)
	go func() { result <- s.Run(ctx) }()
	addr, err := s.Addr(t.Context())
	require.NoError(t, err)
	return "http://" + addr, func() error {
		cancel(errors.New("the process was asked to stop"))
		select {
		case err := <-result:
			return err
		case <-time.After(2 * shutdownTimeout):
			return errors.New("Run did not return")
		}
	}
}

func post(ctx context.Context, url, body string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close() //nolint:errcheck // reading is over
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}

func TestASecondCommandIsBusy(t *testing.T) {
	e := held(lifecycle.Running)
	server := serve(t, e)
	first := make(chan string, 1)
	go func() {
		_, body, err := post(context.Background(), server.URL+apiPath+"pause", "{}")
		first <- body + errorText(err)
	}()
	<-e.entered
	for _, req := range requests {
		switch req.path {
		case "progress": // never waits for a command
			requireSuccess(t, call(t, server, req.method, apiPath+req.path, req.body))
		case "preflight": // has a lock of its own, and would only ask
		default:
			requireFailure(t, call(t, server, req.method, apiPath+req.path, req.body), http.StatusConflict, "Busy")
		}
	}
	e.release()
	require.JSONEq(t, `{"success":true}`, <-first)
	require.Equal(t, []string{"pause"}, e.calls, "what was refused never reached the engine")
}

func TestASecondDryRunIsBusy(t *testing.T) {
	e := held(lifecycle.Running)
	server := serve(t, e)
	first := make(chan error, 1)
	go func() {
		_, _, err := post(context.Background(), server.URL+apiPath+"preflight", `{"trigger":"commit"}`)
		first <- err
	}()
	<-e.entered
	requireFailure(t, call(t, server, http.MethodPost, apiPath+"preflight", `{"trigger":"commit"}`), http.StatusConflict, "Busy")
	e.release()
	require.NoError(t, <-first)
}

func TestAHangUpDoesNotStopACommand(t *testing.T) {
	e := held(lifecycle.Running)
	server := serve(t, e)
	ctx, hangUp := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		_, _, err := post(ctx, server.URL+apiPath+"commit", "{}")
		gone <- err
	}()
	<-e.entered
	hangUp()
	require.ErrorIs(t, <-gone, context.Canceled)
	e.release()
	require.Eventually(t, func() bool {
		return call(t, server, http.MethodGet, apiPath+"progress", "").json["progress"].(map[string]any)["state"] == "COMMITTING"
	},
		5*time.Second, 5*time.Millisecond)
}

func TestRunStopsWithItsContext(t *testing.T) {
	url, stop := running(t, &scripted{state: lifecycle.Running})
	status, _, err := post(t.Context(), url+apiPath+"pause", "{}")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
	require.NoError(t, stop())
	_, _, err = post(t.Context(), url+apiPath+"resume", "{}")
	require.Error(t, err)
}

func TestStoppingCutsACommandShortButAnswersIt(t *testing.T) {
	e := held(lifecycle.Running)
	url, stop := running(t, e)
	answer := make(chan string, 1)
	go func() {
		_, body, err := post(context.Background(), url+apiPath+"commit", "{}")
		answer <- body + errorText(err)
	}()
	<-e.entered
	require.NoError(t, stop())
	require.Contains(t, <-answer, "the process was asked to stop")
	require.Equal(t, lifecycle.Running, e.state)
}

func TestATakenPortIsSaidClearly(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close() //nolint:errcheck // nothing was written
	err = New(&scripted{}, nil, l.Addr().String()).Run(t.Context())
	require.ErrorContains(t, err, "choose another --port")
}

func TestAddrEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	_, err := New(&scripted{}, nil, "127.0.0.1:0").Addr(ctx)
	require.EqualError(t, err, "enough")
}

func TestLargeHeadersAreRefused(t *testing.T) {
	url, stop := running(t, &scripted{state: lifecycle.Running})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+apiPath+"progress", nil)
	require.NoError(t, err)
	req.Header.Set("X-Filler", strings.Repeat("x", 2*maxHeaderBytes))
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, res.StatusCode)
	require.NoError(t, stop())
}

// TestEachRequestIsLoggedOnce also looks at the levels.
func TestEachRequestIsLoggedOnce(t *testing.T) {
	var out bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: levelPoll}))
	e := &scripted{state: lifecycle.Running}
	do := func(method, path string) string {
		out.Reset()
		req, err := http.NewRequestWithContext(t.Context(), method, "http://127.0.0.1"+apiPath+path, strings.NewReader("{}"))
		require.NoError(t, err)
		New(e, logger, "127.0.0.1:0").Handler().ServeHTTP(discard{}, req)
		require.Equal(t, 1, strings.Count(out.String(), "\n"), out.String())
		return out.String()
	}
	require.Contains(t, do(http.MethodGet, "progress"), "level=DEBUG-4")
	require.Contains(t, do(http.MethodPost, "resume"), "level=WARN")
	require.Contains(t, do(http.MethodPost, "pause"), "level=INFO")
	e.fail = &core.Error{Op: "resume", Code: core.Internal, Err: errors.New("the primary is gone")}
	require.Contains(t, do(http.MethodPost, "resume"), "level=ERROR")
	require.Contains(t, out.String(), "the primary is gone")
}

// discard is a client that does not look at the reply.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
