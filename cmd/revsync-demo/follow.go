package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	"github.com/revsync/revsync/cmd/internal/child"
)

const (
	pollInterval   = 20 * time.Millisecond
	followPatience = 3 * time.Minute
)

// follow polls progress, shows what changes, and returns when done says so.
func (d *demo) follow(ctx context.Context, done func(child.Progress) bool) (child.Progress, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, followPatience, fmt.Errorf("nothing came of it within %s", followPatience))
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	v := view{out: d.out}
	defer d.out.keepLine()
	for {
		p, err := d.look(ctx)
		if err != nil {
			return p, err
		}
		if p.State != "" {
			v.show(p)
			if done(p) {
				return p, nil
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return p, fmt.Errorf("%w (last seen: %s)", context.Cause(ctx), status(p))
		}
	}
}

// look is one call of progress. It is empty while the server does not listen yet.
func (d *demo) look(ctx context.Context) (child.Progress, error) {
	r, err := d.server.API.Call(ctx, "progress", "")
	if errors.Is(err, syscall.ECONNREFUSED) {
		return child.Progress{}, d.server.Alive()
	}
	return r.Progress, err
}

// view shows progress: the copy as a bar, and everything else when it changes.
type view struct {
	out  *screen
	last string
	bar  bar
}

func (v *view) show(p child.Progress) {
	if copying(p) {
		v.bar.show(v.out, p.CollectionCopy.Copied, p.CollectionCopy.Total)
		return
	}
	if now := changes(p); now != v.last {
		v.bar.finish(v.out, p.CollectionCopy.Total)
		v.last = now
		v.out.say("%s", status(p))
	}
}

func copying(p child.Progress) bool {
	return p.Info == "collection copy" && p.CollectionCopy.Copied > 0 && p.CollectionCopy.Copied < p.CollectionCopy.Total
}

// changes is what is worth a new line: all but the lag and the counters.
func changes(p child.Progress) string {
	return fmt.Sprint(p.State, p.Info, p.Step, p.CanCommit, p.CanWrite, p.Direction, p.LastError != nil)
}

// status is one line about how things stand.
func status(p child.Progress) string {
	parts := []string{p.State}
	if p.Direction.Source != "" {
		parts = append(parts, name(p.Direction.Source)+" -> "+name(p.Direction.Destination))
	}
	for _, text := range []string{p.Info, p.Step} {
		if text != "" {
			parts = append(parts, text)
		}
	}
	if p.Indexes != nil && p.Indexes.Total > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d indexes built", p.Indexes.Built, p.Indexes.Total))
	}
	if p.LagMillis != nil {
		parts = append(parts, fmt.Sprintf("lag %.1f s", float64(*p.LagMillis)/1000))
	}
	if p.CanCommit {
		parts = append(parts, "canCommit")
	}
	if p.CanWrite {
		parts = append(parts, "canWrite")
	}
	if p.LastError != nil {
		parts = append(parts, "lastError: "+p.LastError.Message)
	}
	return strings.Join(parts, " | ")
}

// name cuts "cluster0: host:port" down to the cluster.
func name(direction string) string {
	cluster, _, _ := strings.Cut(direction, ":")
	return cluster
}
