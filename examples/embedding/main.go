// Command embedding runs the engine inside a program of one's own, with a check
// of one's own (gate.go): it keeps CLUSTER1 in step with CLUSTER0 (two connection
// strings) until it is interrupted, and goes on from there when it is started again.
package main

import (
	"context"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	engine, err := core.New(core.Options{Cluster0: os.Getenv("CLUSTER0"), Cluster1: os.Getenv("CLUSTER1"), Gate: gate(ctx), Logger: slog.Default()})
	if err != nil {
		log.Fatal(err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return engine.Run(ctx) }) // connects, and takes up what an earlier life left
	for tick := time.Tick(time.Second); ctx.Err() == nil; <-tick {
		if engine.Progress().State == lifecycle.Idle { // connected, and there is no sync yet
			log.Println("start:", engine.Start(ctx, core.StartOptions{ // a refusal says what to do; the next tick tries again
				Mapping: lifecycle.Mapping{Source: lifecycle.Cluster0, Destination: lifecycle.Cluster1},
				Options: lifecycle.Options{Reversible: true, WriteBlocking: lifecycle.BlockSourceAndDestination, BuildIndexes: lifecycle.AfterDataCopy},
			}))
		}
	}
	if err := group.Wait(); err != nil { // nil after an interrupt
		log.Fatal(err)
	}
}
