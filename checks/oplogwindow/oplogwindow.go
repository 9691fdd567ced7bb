// Package oplogwindow checks that the oplog of the destination reaches, or will reach, as far back as a reverse reads.
package oplogwindow

import (
	"context"
	"strconv"
	"time"

	"github.com/revsync/revsync/checks/internal/unknown"
	"github.com/revsync/revsync/sdk"
)

// Check is the component.
func Check() sdk.Part {
	return sdk.Check("oplog-window", judge,
		sdk.PhasePreflight, sdk.PhasePreStart, sdk.PhasePreCommit, sdk.PhasePreReverse).
		Needs(sdk.FactOplogWindow, sdk.FactOptions)
}

// A reverse with less left than hurry is a close thing; a way back that stays open for less than wanted is not worth
// much. An oplog younger than young does not tell how fast it grows.
const (
	hurry  = time.Hour
	wanted = 24 * time.Hour
	young  = 10 * time.Minute
)

func judge(_ context.Context, _ sdk.Host, r *sdk.Request) ([]sdk.Finding, error) {
	if !r.Facts.Options.Known {
		return []sdk.Finding{unknown.Options()}, nil
	}
	if r.Trigger == sdk.TriggerReverse {
		return []sdk.Finding{reverse(r)}, nil
	}
	if !r.Facts.Options.Reversible {
		return nil, nil
	}
	return []sdk.Finding{outlook(r)}, nil
}

// reverse judges the oplog that a reverse reads from: the destination's.
func reverse(r *sdk.Request) sdk.Finding {
	cluster, o, start := r.Sync.Destination.Name, r.Facts.OplogWindow.Destination, r.Facts.OplogWindow.ReverseStart
	switch {
	case !o.Known:
		return unknown.Fact("OPLOG_UNKNOWN", "the extent of the oplog", cluster, o.Error)
	case start == nil:
		return sdk.Errorf("REVERSE_START_UNKNOWN", "the reverse start point on %s is not known", cluster).On(cluster).
			Cure("a reverse is possible only when the state is COMMITTED; look at revsync progress")
	case start.Before(o.First):
		return sdk.Errorf("REVERSE_POINT_LOST", "the oplog of %s begins %s after the reverse start point: the changes in between cannot be read any more",
			cluster, seconds(start.T, o.First.T)).On(cluster).Because("first", o.First).Because("reverseStart", *start).
			Cure("the way back is closed; sync in the other direction from nothing")
	}
	left := reach(o, *start)
	f := sdk.Infof("OPLOG_WINDOW_FITS", "the oplog of %s reaches the reverse start point and will for about %s; the reverse has %s of changes to apply",
		cluster, left, seconds(start.T, o.Last.T))
	rate, known := growth(o)
	switch {
	case !known && o.MaxSizeBytes > o.SizeBytes && o.SizeBytes > 0:
		f.Message = "the oplog of " + cluster + " reaches the reverse start point and is not full; it is younger than " + young.String() + ", so for how long cannot be told"
	case left < hurry:
		f = sdk.Warningf("OPLOG_WINDOW_SHORT", "the oplog of %s reaches the reverse start point for about %s more only; the reverse has %s of changes to apply",
			cluster, left, seconds(start.T, o.Last.T)).Cure("enlarge it on every member of %s now: %s", cluster, resize(2*o.MaxSizeBytes))
	}
	f = f.On(cluster).Because("secondsLeft", int64(left/time.Second)).Because("secondsToApply", int64(o.Last.T)-int64(start.T))
	if known {
		f = f.Because("bytesPerSecond", rate)
	}
	return f
}

// reach is how long start stays in the oplog: until what is older is written over, and before that, until an oplog that
// is not full is.
func reach(o sdk.Oplog, start sdk.Timestamp) time.Duration {
	left := int64(start.T) - int64(o.First.T)
	if spare := o.MaxSizeBytes - o.SizeBytes; spare > 0 && o.SizeBytes > 0 {
		left += int64(float64(spare) / float64(o.SizeBytes) * float64(int64(o.Last.T)-int64(o.First.T)))
	}
	return time.Duration(left) * time.Second
}

// outlook judges, before a start or commit, how long the way back will stay open: when the users have moved, they
// write to the destination as fast as they write to the source now.
func outlook(r *sdk.Request) sdk.Finding {
	source, destination := r.Facts.OplogWindow.Source, r.Facts.OplogWindow.Destination
	cluster := r.Sync.Destination.Name
	switch {
	case !destination.Known:
		return soft(unknown.Fact("OPLOG_UNKNOWN", "the extent of the oplog", cluster, destination.Error))
	case !source.Known:
		return soft(unknown.Fact("OPLOG_UNKNOWN", "the growth of the oplog", r.Sync.Source.Name, source.Error))
	}
	rate, known := growth(source)
	if !known || destination.MaxSizeBytes <= 0 {
		return sdk.Infof("OPLOG_GROWTH_UNKNOWN", "how long a way back through the oplog of %s would stay open cannot be told: the oplog of %s is younger than %s, or sizes are not known",
			cluster, r.Sync.Source.Name, young).On(cluster)
	}
	window := time.Duration(float64(destination.MaxSizeBytes)/rate) * time.Second
	f := sdk.Infof("OPLOG_WINDOW_FITS", "at the pace of %s, the oplog of %s keeps the way back open for about %s", r.Sync.Source.Name, cluster, window)
	if window < wanted {
		f = sdk.Warningf("OPLOG_WINDOW_SHORT", "at the pace of %s, the oplog of %s keeps the way back open for about %s only", r.Sync.Source.Name, cluster, window).
			Cure("enlarge it on every member of %s before the commit: %s", cluster, resize(int64(rate*wanted.Seconds()*2)))
	}
	return f.On(cluster).Because("bytesPerSecond", rate).Because("maxSizeBytes", destination.MaxSizeBytes).
		Because("windowSeconds", int64(window/time.Second))
}

// soft makes a warning of what only a later reverse will refuse.
func soft(f sdk.Finding) sdk.Finding {
	f.Severity = sdk.SeverityWarning
	f.Message += "; a reverse would be refused"
	return f
}

// growth is how many bytes the oplog has taken up in a second, on average over all of it.
func growth(o sdk.Oplog) (bytesPerSecond float64, known bool) {
	span := int64(o.Last.T) - int64(o.First.T)
	if o.SizeBytes <= 0 || span < int64(young/time.Second) {
		return 0, false
	}
	return float64(o.SizeBytes) / float64(span), true
}

func seconds(from, to uint32) time.Duration {
	return time.Duration(int64(to)-int64(from)) * time.Second
}

// resize is the command that makes room; the server takes megabytes, and no fewer than 990.
func resize(bytes int64) string {
	const least = 990
	return "db.adminCommand({replSetResizeOplog: 1, size: Double(" + strconv.FormatInt(max(bytes>>20+1, least), 10) + ")})"
}
