package facts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/sdk"
)

// ForeignWriteError is a change that somebody made to a cluster that was to be
// left alone.
type ForeignWriteError struct {
	Cluster   string
	At        lifecycle.OpTime
	Kind      string // the change event's operationType
	Namespace string
}

// Error says what was done where, and when.
func (e *ForeignWriteError) Error() string {
	return fmt.Sprintf("%s was written to after it was closed (%s at %s on %s): it differs from what was copied, so it cannot be returned to",
		e.Cluster, e.Kind, time.Unix(int64(e.At.T), 0).UTC().Format(time.RFC3339), e.Namespace)
}

// proofTime bounds the reading of a closed cluster's change stream, which holds
// hardly anything but the server's own no-ops.
const proofTime = time.Minute

// divergence asks the source's change stream whether anything was changed since
// in.CleanSince. What cannot be read to its end is not known.
func divergence(ctx context.Context, in Input) sdk.Divergence {
	switch {
	case in.Untouched == nil:
		return sdk.Divergence{Error: "only a reverse of a committed, reversible sync asks for it"}
	case in.Source == nil:
		return sdk.Divergence{Error: "the source is not connected"}
	case in.CleanSince.IsZero():
		return sdk.Divergence{Error: "the record does not say since when the source has to be left alone"}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, proofTime, fmt.Errorf("not finished within %s", proofTime))
	defer cancel()
	until, err := in.Source.MajorityTime(ctx)
	if err == nil {
		err = in.Untouched(ctx, in.Source, in.CleanSince)
	}
	d := sdk.Divergence{Known: true, Since: timestamp(in.CleanSince), Until: timestamp(until)}
	if foreign, found := errors.AsType[*ForeignWriteError](err); found {
		d.Write = &sdk.ForeignWrite{At: timestamp(foreign.At), Kind: foreign.Kind, Namespace: foreign.Namespace}
		return d
	}
	if err != nil {
		return sdk.Divergence{Error: why(ctx, err)}
	}
	return d
}

// Untouched proves that nobody changed a cluster after since, up to now: nil, a
// ForeignWriteError, or an error because it cannot be known.
type Untouched func(ctx context.Context, c *mdb.Cluster, since lifecycle.OpTime) error
