package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/revsync/revsync/checks"
	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/hostapi/rest"
	"github.com/revsync/revsync/plugins"
)

// buildGate loads the checks and hooks that judge start, commit and reverse: the
// built-in ones, and every plugin in the folders. One that cannot be loaded is
// logged and refuses the phases it was to guard. The caller calls closeGate when
// the engine has ended.
func buildGate(ctx context.Context, s settings, log *slog.Logger) (gate core.Gate, shown rest.Plugins, closeGate func() error, err error) {
	loaders, err := s.loaders(log)
	if err != nil {
		return nil, nil, nil, err
	}
	builtin, err := checks.Builtin(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	modules := []plugins.Module{builtin}
	for _, dir := range s.pluginDirs {
		found, err := plugins.Discover(ctx, dir, loaders)
		if err != nil {
			return nil, nil, nil, fmt.Errorf("%s: %w", dir, err)
		}
		for _, p := range found {
			logPlugin(log, p)
			modules = append(modules, p)
		}
	}
	// A check that names no time-out gets longer than the library's default: on a
	// busy machine the interpreter needs it, and a check that is cut off refuses.
	limits := plugins.Limits{Check: 30 * time.Second}
	runner := plugins.Options{Required: checks.Required(), Limits: limits}.NewRunner(modules...)
	return runner.Bind(guest.Hosts{Log: log}), loadedPlugins{runner}, func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		return runner.Close(ctx)
	}, nil
}

func logPlugin(log *slog.Logger, p *plugins.Installed) {
	m := p.Manifest()
	if err := p.LoadError(); err != nil {
		log.Error("a plugin cannot be loaded and will refuse what it guards", "plugin", m.Name, "error", err.Error())
		return
	}
	log.Info("plugin loaded", "plugin", m.Name, "sha256", p.Digest())
}
