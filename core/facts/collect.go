// Package facts finds out what the modules judge: the families of sdk.Facts,
// about both clusters, side by side. Each family has a file and its own
// deadline. Nothing here fails as a whole: what could not be found out is not
// known, and says why.
package facts

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/sdk"
)

// quick bounds a family that asks a few small commands; IndexTime is the default
// for the unique indexes, whose validation reads whole collections.
const (
	quick     = 10 * time.Second
	IndexTime = 2 * time.Minute
)

// Input says what to find out about whom.
type Input struct {
	// Source and Destination are those of the running direction. A nil one gives
	// unknown facts.
	Source, Destination *mdb.Cluster
	// Options are the sync's, or those that a start asks for.
	Options lifecycle.Options
	// ReverseStart is where a reverse would begin to read; zero unless COMMITTED.
	ReverseStart lifecycle.OpTime
	// CleanSince is the time up to which the source is what was copied, and
	// Untouched proves that nobody changed it since; nil leaves that unknown.
	CleanSince lifecycle.OpTime
	Untouched  Untouched
	// Families are names of sdk.FactFamilies; nil is all of them.
	Families []string
	// IndexesOf are the sides whose unique indexes are looked at: those that the
	// trigger makes the engine convert, sdk.RoleSource for a reverse. The other side's are unknown.
	IndexesOf []sdk.Role
	// IndexTime bounds the look at unique indexes, validation included; the constant
	// of that name when 0.
	IndexTime time.Duration
}

// Collect asks both clusters. It returns when every family has its answer or its
// deadline has passed, at the latest soon after ctx has ended.
func Collect(ctx context.Context, in Input) sdk.Facts {
	f := sdk.Facts{CollectedAt: time.Now().UTC()}
	r := run{ctx: ctx, in: in}
	var oplogs sdk.PerCluster[sdk.Oplog]
	each(&r, versions, &f.Versions)
	each(&r, topology, &f.Topology)
	each(&r, rights, &f.Rights)
	each(&r, uniqueIndexes(in), &f.UniqueIndexes)
	each(&r, writeBlocking, &f.WriteBlocking)
	each(&r, oplogWindow, &oplogs)
	if r.wants(sdk.FactDivergence) {
		r.group.Go(func() { f.Divergence = divergence(ctx, in) })
	}
	if r.wants(sdk.FactOptions) {
		f.Options = options(in.Options)
	}
	r.group.Wait()
	if r.wants(sdk.FactOplogWindow) {
		f.OplogWindow = window(oplogs, in.ReverseStart)
	}
	return f
}

// family is one kind of fact about a cluster.
type family[T any] struct {
	name     string
	patience time.Duration
	of       []sdk.Role // nil: of both sides
	read     func(ctx context.Context, c *mdb.Cluster) (T, error)
	unknown  func(why string) T
}

type run struct {
	ctx   context.Context
	in    Input
	group sync.WaitGroup
}

func (r *run) wants(family string) bool {
	return r.in.Families == nil || slices.Contains(r.in.Families, family)
}

// each begins to ask both sides; the answers are there when the group is done.
func each[T any](r *run, f family[T], to *sdk.PerCluster[T]) {
	if !r.wants(f.name) {
		return
	}
	ask := func(side sdk.Role, c *mdb.Cluster, answer *T) {
		r.group.Go(func() { *answer = f.ask(r.ctx, side, c) })
	}
	ask(sdk.RoleSource, r.in.Source, &to.Source)
	ask(sdk.RoleDestination, r.in.Destination, &to.Destination)
}

func (f family[T]) ask(ctx context.Context, side sdk.Role, c *mdb.Cluster) T {
	switch {
	case f.of != nil && !slices.Contains(f.of, side):
		return f.unknown(fmt.Sprintf("not looked at on the %s for this request", side))
	case c == nil:
		return f.unknown(fmt.Sprintf("the %s is not connected", side))
	}
	ctx, cancel := context.WithTimeoutCause(ctx, f.patience, fmt.Errorf("not finished within %s", f.patience))
	defer cancel()
	v, err := f.read(ctx, c)
	if err != nil {
		return f.unknown(why(ctx, err))
	}
	return v
}

// why is the text of an error in a fact.
func why(ctx context.Context, err error) string {
	if ended(ctx) {
		err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	return clip(mdb.ErrorText(err))
}

// ended reports whether ctx is over. A socket may notice the deadline a moment
// before the context does, which then ends at once.
func ended(ctx context.Context) bool {
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		<-ctx.Done()
	}
	return ctx.Err() != nil
}

// maxTextBytes keeps a server's longest texts, which repeat the command, out of
// documents that have a size limit.
const maxTextBytes = 512

func clip(text string) string {
	if len(text) <= maxTextBytes {
		return text
	}
	return strings.ToValidUTF8(text[:maxTextBytes], "") + "…"
}
