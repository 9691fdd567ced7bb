package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// clientTimeout is longer than any command may take on the server.
const clientTimeout = 6 * time.Minute

// maxReplyBytes bounds what is read of a reply.
const maxReplyBytes = 64 << 20

// client is a thin client of the REST interface; one belongs to each command.
type client struct {
	addr string
	raw  bool // --json
}

// bind adds the flags that all client commands share.
func (c *client) bind(cmd *cobra.Command) *cobra.Command {
	addr := cmp.Or(os.Getenv("REVSYNC_ADDR"), "http://127.0.0.1:27182")
	cmd.Flags().StringVar(&c.addr, "addr", addr, "address of the server (also REVSYNC_ADDR)")
	cmd.Flags().BoolVar(&c.raw, "json", false, "print the reply as the server sends it")
	if cmd.Args == nil {
		cmd.Args = cobra.NoArgs
	}
	return cmd
}

// answer is a reply of the server.
type answer struct {
	status int
	raw    []byte
	reply
}

// reply holds the parts of the replies that people are shown.
type reply struct {
	Success          *bool          `json:"success"`
	Error            string         `json:"error"`
	ErrorDescription string         `json:"errorDescription"`
	Checks           []findingView  `json:"checks"`
	Progress         *progressView  `json:"progress"`
	Preflight        *preflightView `json:"preflight"`
}

// post sends a command; when it is accepted, done is printed.
func (c *client) post(cmd *cobra.Command, path, body, done string) error {
	a, err := c.call(cmd.Context(), http.MethodPost, path, body)
	if err != nil {
		return err
	}
	if err := c.show(cmd.OutOrStdout(), path, a); err != nil || c.raw {
		return err
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), done)
	return err
}

// show prints a raw reply if that was asked for, and turns a refusal into an error.
func (c *client) show(out io.Writer, path string, a answer) error {
	if c.raw {
		if _, err := out.Write(a.raw); err != nil {
			return err
		}
	}
	if *a.Success {
		return nil
	}
	if c.raw {
		return fmt.Errorf("%s: %s", path, a.Error)
	}
	return a.refusal(path)
}

// refusal words a refusal, with one line for each check when there are any.
func (r reply) refusal(path string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s was refused: %s", path, r.Error)
	if len(r.Checks) == 0 {
		fmt.Fprintf(&b, ": %s", r.ErrorDescription)
	}
	for _, f := range r.Checks {
		b.WriteString("\n" + f.text())
	}
	return errors.New(b.String())
}

func (c *client) call(ctx context.Context, method, path, body string) (answer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, clientTimeout, fmt.Errorf("no answer within %v", clientTimeout))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.base()+"/api/v1/"+path, strings.NewReader(body))
	if err != nil {
		return answer{}, fmt.Errorf("--addr: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, c.unreachable(ctx, err)
	}
	defer res.Body.Close() //nolint:errcheck // only read
	a := answer{status: res.StatusCode}
	if a.raw, err = io.ReadAll(io.LimitReader(res.Body, maxReplyBytes)); err != nil {
		return a, c.unreachable(ctx, err)
	}
	if json.NewDecoder(bytes.NewReader(a.raw)).Decode(&a.reply) != nil || a.Success == nil {
		return a, fmt.Errorf("what answers at %s is not a revsync server (HTTP status %d); name the right one with --addr", c.addr, a.status)
	}
	return a, nil
}

// base lets --addr be a plain host:port too.
func (c *client) base() string {
	addr := strings.TrimSuffix(c.addr, "/")
	if !strings.Contains(addr, "://") {
		addr = "http://" + addr
	}
	return addr
}

func (c *client) unreachable(ctx context.Context, err error) error {
	if _, dial := errors.AsType[*net.OpError](err); dial {
		return fmt.Errorf("no server answers at %s: %w; start one with \"revsync serve\", or name another with --addr", c.addr, rootCause(err))
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return fmt.Errorf("ask the server at %s: %w", c.addr, err)
}

// rootCause is the innermost error, "connection refused" instead of the whole chain.
func rootCause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
