package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/sdk"
)

// loadPatience is how long a command waits for plugins that are being loaded. A
// program that does not come up takes 20 seconds, and two are loaded at a time.
const loadPatience = time.Minute

var errLoading = errors.New("the plugins are still being loaded: try again, and see the log for those that do not come up")

// begin reads what is there and puts a set in force that refuses everything.
func (c *checkSet) begin() error {
	runner, _, err := c.load(c.life, notYet(c.loaders), loading{})
	if err != nil {
		return err
	}
	c.ready, c.gate = make(chan struct{}), runner.Bind(guest.Hosts{Log: c.log})
	return nil
}

// run loads the plugins beside the engine, puts them in force and waits for the
// end of ctx: a plugin that hangs must not keep a sync from being taken up. The
// error is for a folder or a file of keys that was in order a moment ago.
func (c *checkSet) run(ctx context.Context) error {
	runner, found, err := c.load(ctx, c.loaders)
	if err != nil {
		return fmt.Errorf("load the checks: %w", err)
	}
	if ctx.Err() != nil { // nobody closes what is put in force from now on
		return c.drop(runner)
	}
	c.gate.Replace(runner)
	close(c.ready)
	for _, p := range found {
		logPlugin(c.log, p)
	}
	missing := runner.Missing(ctx) // waits for the built-in checks
	if ctx.Err() != nil {
		return nil
	}
	for _, name := range missing {
		c.log.Error("a required plugin is not there, so that every start, commit and reverse will be refused", "plugin", name)
	}
	<-ctx.Done()
	return nil
}

// Review implements core.Gate. Plugins that are not there in time refuse. Those that
// are to be told of what has been done are waited for until ctx ends: given up once,
// they would never be told.
func (c *checkSet) Review(ctx context.Context, clusters core.Commander, req sdk.Request) (sdk.Report, error) {
	wait := c.wait
	if req.Phase.Notice() {
		wait = c.waitToTheEnd
	}
	if err := wait(ctx); err != nil && ctx.Err() != nil {
		return sdk.Report{}, fmt.Errorf("%w (%w)", err, context.Cause(ctx))
	}
	return c.gate.Review(ctx, clusters, req)
}

// Running lists what is being evaluated, for progress.
func (c *checkSet) Running() []sdk.Running { return c.gate.Running() }

// wait returns when the plugins are in force, or says that they are not.
func (c *checkSet) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	return c.waitToTheEnd(ctx)
}

func (c *checkSet) waitToTheEnd(ctx context.Context) error {
	select {
	case <-c.ready:
		return nil
	case <-ctx.Done():
		return errLoading
	}
}

// loading is in the set that is in force until the plugins are there. That it cannot
// say what it is refuses whatever the set is asked.
type loading struct{}

// Describe gives the reason.
func (loading) Describe(context.Context) (sdk.Descriptor, error) {
	return sdk.Descriptor{Name: "revsync.plugins"}, errLoading
}

// Evaluate gives the reason.
func (loading) Evaluate(context.Context, sdk.Host, *sdk.Request) (*sdk.Response, error) {
	return nil, errLoading
}

// Close does nothing.
func (loading) Close(context.Context) error { return nil }

// notYet are loaders that load nothing, so that each plugin is known by its manifest
// and says that it is not there.
func notYet(loaders map[string]plugins.Loader) map[string]plugins.Loader {
	none := map[string]plugins.Loader{}
	for name := range loaders {
		none[name] = func(context.Context, plugins.Manifest, []byte) (plugins.Module, error) { return nil, errLoading }
	}
	return none
}

// endingWith are the loaders, none of which begins once ctx has ended: a server that
// is to stop does not start another program.
func endingWith(loaders map[string]plugins.Loader) map[string]plugins.Loader {
	bounded := map[string]plugins.Loader{}
	for name, load := range loaders {
		bounded[name] = func(ctx context.Context, m plugins.Manifest, code []byte) (plugins.Module, error) {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			return load(ctx, m, code)
		}
	}
	return bounded
}
