package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/hostapi/rest"
)

func newServe() *cobra.Command {
	var s settings
	cmd := &cobra.Command{
		Use:   "serve --cluster0 URI --cluster1 URI",
		Short: "Run the sync server (the default when no command is given)",
		Long: `Run the sync server: it connects to both clusters, takes up a sync that is
under way, and takes commands on its REST interface.

Each setting can be a flag, an environment variable (--bindIp is
REVSYNC_BIND_IP) or a key of the YAML file named by --config; the first of
these wins. SIGTERM and SIGINT stop it in good order, and the next start goes
on from there.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := complete(cmd.LocalFlags(), os.Environ()); err != nil {
				return err
			}
			if err := s.validate(); err != nil {
				return err
			}
			return serve(cmd.Context(), cmd, s)
		},
	}
	s.register(cmd.Flags())
	return cmd
}

// serve opens the log and keeps the server running; what ended it is logged here
// and nowhere else.
func serve(ctx context.Context, cmd *cobra.Command, s settings) (err error) {
	log, err := openLog(s.logPath, cmd.OutOrStdout())
	if err != nil {
		return err
	}
	level, err := parseLevel(s.verbosity)
	if err != nil {
		return errors.Join(err, log.Close())
	}
	logger := newLogger(log, level, cmp.Or(s.id, "coordinator"))
	own := component(logger, "revsync")
	logSettings(own, s)
	limitMemory()
	err = runServer(ctx, s, logger, log)
	if err != nil {
		own.Log(context.WithoutCancel(ctx), levelFatal, "revsync ends", "error", err)
	} else {
		own.Info("revsync was asked to stop and has stopped")
	}
	return errors.Join(err, log.Close())
}

// limitMemory tells Go's runtime what the engine's queues are made for, unless the
// operator has set another limit.
func limitMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(core.MemoryLimit)
	}
}

// runServer wires the parts together.
func runServer(ctx context.Context, s settings, logger *slog.Logger, log *logFile) error {
	checks, err := newChecks(ctx, s, component(logger, "plugins"))
	if err != nil {
		return unlessStopped(ctx, fmt.Errorf("load the checks: %w", err))
	}
	syncer, err := core.New(core.Options{
		Cluster0: s.cluster0, Cluster1: s.cluster1, ID: s.id, LoadLevel: s.loadLevel,
		Gate: checks, Logger: component(logger, "engine"), KillWhenSuspended: true,
	})
	if err != nil {
		return errors.Join(err, checks.close())
	}
	address := net.JoinHostPort(s.bindIP, strconv.Itoa(s.port))
	server := rest.New(syncer, component(logger, "rest"), address)
	server.ShowPlugins(checks)
	err = runTogether(ctx, syncer.Run, server.Run, checks.run, rotateOnSignal(log))
	return errors.Join(err, checks.close())
}
