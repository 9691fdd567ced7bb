package core

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/sdk"
)

// Options are what a Syncer is made from. The zero value of each optional
// field is the default.
type Options struct {
	// Cluster0 and Cluster1 are connection strings (mongodb:// or mongodb+srv://)
	// of two replica sets. Read and write concern other than majority and a read
	// preference other than primary are refused: the engine could then read or
	// acknowledge what is later rolled back.
	Cluster0, Cluster1 string
	// ID names this instance in progress and logs; "coordinator" when empty.
	ID string
	// LoadLevel, 1 to 4, sets how many connections read and write at once; 3 when 0.
	LoadLevel int
	// Gate judges start, commit and reverse beyond the engine's own guards. Nil:
	// only the guards. The guards run in any case.
	Gate Gate
	// KillWhenSuspended has the Linux kernel kill this whole process (SIGKILL) when
	// it owns a sync and was suspended, or did not run, until 11.5 seconds after the
	// last renewal of its lease (one every 2 seconds), which another process may have
	// half a second later. Otherwise a process that is suspended with a command in
	// hand sends it when it goes on, although another process has taken over. Set it
	// in a program that does nothing else, and have a supervisor start that again.
	// Elsewhere than on Linux it only logs a warning.
	KillWhenSuspended bool
	// Logger takes structured logs; silent when nil. No credential is ever logged.
	Logger *slog.Logger
}

// Gate is the one door through which checks and hooks reach the engine. The
// report's verdict decides; an error means that it could not be reached, and
// that refuses as well. A finding that the request's Accept names counts as a
// warning, and the result that holds it lists its code as accepted. A Component
// in the request, as "module/component", asks for that one alone; a report without
// results says that it takes no part. A gate that has the method
//
//	Running() []sdk.Running
//
// is asked by Progress for what is being evaluated.
type Gate interface {
	Review(ctx context.Context, host Commander, req sdk.Request) (sdk.Report, error)
}

// Validate names the first option that cannot work.
func (o Options) Validate() error {
	switch {
	case o.Cluster0 == "" || o.Cluster1 == "":
		return errors.New("both cluster0 and cluster1 need a connection string")
	case o.LoadLevel < 0 || o.LoadLevel > 4:
		return fmt.Errorf("loadLevel is %d; use 1 to 4", o.LoadLevel)
	case strings.EqualFold(o.Cluster0, o.Cluster1):
		return errors.New("cluster0 and cluster1 are the same connection string")
	}
	return nil
}

func (o Options) withDefaults() Options {
	if o.ID == "" {
		o.ID = "coordinator"
	}
	if o.LoadLevel == 0 {
		o.LoadLevel = 3
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// StartOptions is a start request: the direction and the frozen choices. Empty
// choices are the defaults: indexes after the data, and the destination blocked
// to users, or both sides in turn when the sync is to be reversible.
type StartOptions struct {
	Mapping lifecycle.Mapping
	lifecycle.Options
	// Accept names findings, as "module/component/CODE", that do not refuse this
	// one request; ValidateAccept says which cannot be accepted. What was accepted
	// is logged and kept in the record.
	Accept []string
	syncID string // of the sync that is to begin
}

func (o StartOptions) withDefaults() StartOptions {
	if o.BuildIndexes == "" {
		o.BuildIndexes = lifecycle.AfterDataCopy
	}
	if o.WriteBlocking == "" {
		o.WriteBlocking = lifecycle.BlockDestinationOnly
		if o.Reversible {
			o.WriteBlocking = lifecycle.BlockSourceAndDestination
		}
	}
	return o
}

// Preflight is a dry run of a command: what would be done, and what the checks
// say about it. Nothing is changed.
type Preflight struct {
	Trigger sdk.Trigger
	Steps   []lifecycle.Step
	// Refusal is the engine's own guard that would refuse; empty when none would.
	Refusal string
	Report  sdk.Report
}
