package core

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/internal/point"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/meta"
	"github.com/revsync/revsync/core/schema"
	"github.com/revsync/revsync/sdk"
)

// guardStart asks what would make the sync fail later, or lose data, before
// anything is changed.
func (s *Syncer) guardStart(ctx context.Context, o StartOptions, known sdk.Facts) (out []sdk.Finding) {
	from, to := s.ends(o.Mapping)
	if err := sameMajor(o, known); err != nil {
		out = append(out, finding("MAJORS_DIFFER", o.Mapping.Destination, err, "upgrade one side first"))
	}
	if err := destinationEmpty(ctx, to); err != nil {
		out = append(out, finding("DESTINATION_NOT_EMPTY", o.Mapping.Destination, err, "drop what is there, or use an empty cluster"))
	}
	out = append(out, guardFence(o, known)...)
	keep, err := compileFilter(o.Options)
	if err == nil {
		_, err = schema.Snapshot(ctx, from, keep, mdb.Quiet)
	}
	if err != nil {
		out = append(out, finding("SOURCE_CANNOT_BE_COPIED", o.Mapping.Source, err, ""))
	}
	return out
}

func sameMajor(o StartOptions, known sdk.Facts) error {
	a, b := known.Versions.Source, known.Versions.Destination
	if !o.Reversible || !a.Known || !b.Known || len(a.VersionArray) == 0 || len(b.VersionArray) == 0 || a.VersionArray[0] == b.VersionArray[0] {
		return nil
	}
	return fmt.Errorf("%s runs %s and %s runs %s: a reversible sync needs the same major version on both", o.Mapping.Source, a.Version, o.Mapping.Destination, b.Version)
}

// guardFence refuses write blocking where the engine itself could not write
// through the block, or could not set it.
func guardFence(o StartOptions, known sdk.Facts) (out []sdk.Finding) {
	need := func(role sdk.Role, id lifecycle.ClusterID, actions ...string) {
		rights := known.Rights.Of(role)
		switch {
		case !rights.Known:
			out = append(out, finding("RIGHTS_UNKNOWN", id, fmt.Errorf("what the engine's user may do on %s is not known: %s", id, rights.Error), ""))
		case !rights.Authenticated:
			out = append(out, finding("ENGINE_WOULD_BE_BLOCKED", id, fmt.Errorf("%s is used without authentication: a user write block would block revsync as well", id),
				"turn access control on and connect with a user that has the role restore, or start with enableUserWriteBlocking \"none\""))
		default:
			for _, a := range actions {
				if !rights.May(a, sdk.Pattern{Cluster: true}) {
					out = append(out, finding("ENGINE_WOULD_BE_BLOCKED", id, fmt.Errorf("the engine's user on %s lacks the action %s on the cluster", id, a),
						`db.getSiblingDB("admin").grantRolesToUser(USER, [{role: "restore", db: "admin"}])`))
				}
			}
		}
	}
	if o.WriteBlocking.Destination() {
		need(sdk.RoleDestination, o.Mapping.Destination, "setUserWriteBlockMode", "bypassWriteBlockingMode")
	}
	if o.WriteBlocking.Source() {
		actions := []string{"setUserWriteBlockMode"}
		if o.Reversible {
			actions = append(actions, "bypassWriteBlockingMode")
		}
		need(sdk.RoleSource, o.Mapping.Source, actions...)
	}
	return out
}

// destinationEmpty refuses a destination that holds anything of a user's.
func destinationEmpty(ctx context.Context, c *mdb.Cluster) error {
	reply, err := c.Run(ctx, "admin", bson.D{{Key: "listDatabases", Value: 1}, {Key: "nameOnly", Value: true}})
	if err != nil {
		return err
	}
	dbs, ok := reply.Lookup("databases").ArrayOK()
	if !ok {
		return fmt.Errorf("%s: listDatabases answers no list", c.Name())
	}
	values, err := dbs.Values()
	if err != nil {
		return err
	}
	var names []string
	for _, v := range values {
		name, _ := v.Document().Lookup("name").StringValueOK()
		if mdb.UserDB(name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("%s is not empty: it has the databases %s", c.Name(), strings.Join(names, ", "))
}

// beginSync makes this process the owner, writes the first record, and closes the
// destination to users. The record comes first: a process that dies in between
// leaves a sync that the next one takes up, and closes the side for. If anything
// fails, the destination is as it was.
func (s *Syncer) beginSync(ctx context.Context, o StartOptions, v verdict) error {
	_, to := s.ends(o.Mapping)
	lease, _, err := meta.Acquire(ctx, to, s.owner)
	if err != nil {
		return refuse("start", Busy, "%w", err)
	}
	err = s.asOwner(ctx, lease, func(ctx context.Context) error { return s.writeFirst(ctx, to, o, v) })
	if err == nil {
		return nil // the lease stays: the loop takes the sync up with it
	}
	if releaseErr := lease.Release(context.WithoutCancel(ctx)); releaseErr != nil {
		s.log.Warn("the lease was not given back and will run out by itself", "error", releaseErr.Error())
	}
	return err
}

func (s *Syncer) writeFirst(ctx context.Context, to *mdb.Cluster, o StartOptions, v verdict) error {
	if err := destinationEmpty(ctx, to); err != nil { // again: now that no other process can begin
		return err
	}
	before, err := to.FenceMode(ctx)
	if err != nil {
		return err
	}
	first := s.firstRecord(o)
	first.Accept(v.accepted...)
	_, err = meta.Create(ctx, to, first, s.owner)
	if err == nil {
		point.Hit("start.recorded")
		err = meta.KeepReview(ctx, to, first.SyncID, v.review)
	}
	if err == nil {
		err = closeFirst(ctx, to, o)
	}
	if err != nil {
		return s.takeBack(ctx, to, o.WriteBlocking.Destination() && before == mdb.FenceOff, err)
	}
	point.Hit("start.fenced")
	return nil
}

func closeFirst(ctx context.Context, to *mdb.Cluster, o StartOptions) error {
	if !o.WriteBlocking.Destination() {
		return nil
	}
	if err := fence(ctx, to, true); err != nil {
		return fmt.Errorf("the destination could not be closed to users: %w", err)
	}
	return nil
}

// takeBackTime bounds the undoing of a start, which nobody renews the lease for
// when the request has been cancelled.
const takeBackTime = 5 * time.Second

// takeBack undoes a start that has failed because of err. The record goes last:
// while it is there, the next process knows of the sync.
func (s *Syncer) takeBack(ctx context.Context, to *mdb.Cluster, open bool, err error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), takeBackTime)
	defer cancel()
	stored, undo := meta.Load(ctx, to)
	if undo == nil && (stored == nil || stored.Writer != s.owner.ID) {
		return err // nothing was written
	}
	if undo == nil && open {
		undo = fence(ctx, to, false)
	}
	if undo == nil {
		undo = meta.Retire(ctx, to)
	}
	if undo != nil {
		return fmt.Errorf("%w; and the start could not be taken back (%w): if its record is on %s, the sync goes on by itself", err, undo, to.Name())
	}
	return err
}

// fencePatience bounds the attempts of a start to close the destination, each of
// which is short (mdb.FenceAttempt). Nobody is expected to use that side, so it
// is a busy server that makes one fail, rather than a transaction.
const fencePatience = 15 * time.Second

func fence(ctx context.Context, c *mdb.Cluster, on bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, fencePatience, fmt.Errorf(
		"the user write block of %s could not be set to %v within %s: an open transaction that wrote may hold it back (db.currentOp shows it); end it and send the command again", c.Name(), on, fencePatience))
	defer cancel()
	last := error(nil)
	report := func(_ string, err error) { last = err }
	err := mdb.Retry(ctx, "set the user write block of "+c.Name(), report, func(ctx context.Context) error { return c.Fence(ctx, on) })
	if err != nil && last != nil && !errors.Is(err, last) {
		err = fmt.Errorf("%w (last error: %w)", err, last)
	}
	return err
}

func (s *Syncer) firstRecord(o StartOptions) lifecycle.Record {
	ids := map[string]string{}
	for _, id := range []lifecycle.ClusterID{lifecycle.Cluster0, lifecycle.Cluster1} {
		ids[string(id)] = s.view.identity(id).ID
	}
	return lifecycle.Record{Format: lifecycle.RecordFormat, SyncID: o.syncID, Mapping: o.Mapping, Clusters: ids,
		State: lifecycle.Running, Options: o.Options, StartedAt: time.Now().UTC().Truncate(time.Millisecond)}
}
