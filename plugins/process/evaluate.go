package process

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/plugins/process/internal/wire"
	pluginv1 "github.com/revsync/revsync/plugins/proto/v1"
	"github.com/revsync/revsync/sdk"
)

// CrashError is a module whose process or connection broke during a call. The process is gone; the next evaluation
// starts another.
type CrashError struct {
	Text   string // what happened to the call
	Ended  string // how the process ended, with its introduction, or ""
	Output string // the end of what it printed, with its introduction, or ""
}

// Error says what broke, with the process's last words.
func (e *CrashError) Error() string {
	return "the module's process broke: " + e.Text + e.Ended + e.Output
}

// evaluation is one call under way.
type evaluation struct {
	connection *connection
	name       string
	done       chan struct{}
	resp       *pluginv1.EvaluateResponse
	err        error
}

// evaluate asks the module and waits until it has answered or is dead: an evaluation leaves nothing running behind.
// broken says that the connection must not be used again.
func (c *connection) evaluate(ctx context.Context, host sdk.Host, request []byte, grace time.Duration) (resp *sdk.Response, broken bool, err error) {
	e := &evaluation{connection: c, name: c.host.open(ctx, host), done: make(chan struct{})}
	defer c.host.close(e.name)
	// The call itself outlives ctx: only its end tells that the module has stopped working.
	call, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	in := &pluginv1.EvaluateRequest{Request: request, HostBrokerId: c.host.brokerID(), Evaluation: e.name, TimeoutMillis: millisLeft(ctx)}
	go func() {
		defer close(e.done)
		e.resp, e.err = c.module.Evaluate(call, in)
	}()
	select {
	case <-e.done:
	case <-ctx.Done():
		stopped := e.stop(ctx, grace)
		cancel()
		<-e.done
		return nil, !stopped, c.late(ctx, stopped, grace)
	}
	if e.err != nil {
		broken, err = c.transport(ctx, e.err)
		return nil, broken, err
	}
	resp, err = decodeEvaluation(e.resp)
	if atDeadline(ctx, err) {
		<-ctx.Done()
		err = c.late(ctx, true, grace)
	}
	return resp, false, err
}

// atDeadline says that the module's clock ran out a touch before this one.
func atDeadline(ctx context.Context, err error) bool {
	const touch = 100 * time.Millisecond
	deadline, ok := ctx.Deadline()
	return ok && err != nil && sdk.StatusOf(err).Code == sdk.CodeDeadlineExceeded && time.Until(deadline) < touch
}

func millisLeft(ctx context.Context) int64 {
	deadline, ok := ctx.Deadline()
	if !ok {
		return 0
	}
	return max(1, time.Until(deadline).Milliseconds())
}

// stop tells the module that nobody waits any more, and kills the process when it does not listen.
func (e *evaluation) stop(ctx context.Context, grace time.Duration) (stopped bool) {
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		// A module need not know this call: what counts is whether the evaluation ends.
		_, _ = e.connection.module.Cancel(patience, &pluginv1.CancelRequest{Evaluation: e.name})
	}()
	select {
	case <-e.done:
		stopped = true
	case <-patience.Done():
		_ = e.connection.child.Kill(ctx)
		<-e.connection.child.exited
	}
	cancel()
	<-asked
	return stopped
}

// late is the error of an evaluation whose context ended first. An answer that came after that does not count.
func (c *connection) late(ctx context.Context, stopped bool, grace time.Duration) error {
	if stopped {
		return fmt.Errorf("stopped: %w", context.Cause(ctx))
	}
	return fmt.Errorf("%w; the module did not stop within %s, so its process was killed%s", context.Cause(ctx), grace, c.output.quoted())
}

// transport explains an error of gRPC itself. Only a message over the limit leaves the connection usable.
func (c *connection) transport(ctx context.Context, err error) (broken bool, _ error) {
	s := status.Convert(err)
	if s.Code() == codes.ResourceExhausted {
		return false, fmt.Errorf("the module's reply is larger than %d bytes, or its request is: %s", wire.MaxFromModule, wire.Clip(s.Message()))
	}
	crash := &CrashError{Text: wire.Clip(s.Message()), Ended: c.child.endsBy(lastWords)}
	_ = c.child.Kill(ctx)
	<-c.child.exited
	crash.Output = c.output.quoted()
	return true, crash
}

// decodeEvaluation reads an answer: a failure of the module, or a response document.
func decodeEvaluation(in *pluginv1.EvaluateResponse) (*sdk.Response, error) {
	if err := wire.FromStatus(in.GetError()); err != nil {
		return nil, err
	}
	return plugins.DecodeResponse(in.GetResponse())
}

// describe asks the module for its description.
func (c *connection) describe(ctx context.Context) (sdk.Descriptor, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, describeTime, fmt.Errorf("no description within %s: %w", describeTime, context.DeadlineExceeded))
	defer cancel()
	out, err := c.module.Describe(ctx, &pluginv1.DescribeRequest{})
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return sdk.Descriptor{}, cause
	}
	if err != nil {
		_, err = c.transport(ctx, err)
		return sdk.Descriptor{}, err
	}
	return decodeDescription(out)
}

func decodeDescription(in *pluginv1.DescribeResponse) (sdk.Descriptor, error) {
	if err := wire.FromStatus(in.GetError()); err != nil {
		return sdk.Descriptor{}, err
	}
	if len(in.GetMetadata()) == 0 {
		return sdk.Descriptor{}, errors.New("the module gave no description")
	}
	return plugins.DecodeDescriptor(in.GetMetadata())
}
