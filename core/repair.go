package core

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/revsync/revsync/core/facts"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/schema"
	"github.com/revsync/revsync/sdk"
)

// RepairRequest asks for the unique indexes of one cluster that hold keys of
// MongoDB 4.0 or older, or may do so, to be made anew.
type RepairRequest struct {
	Cluster lifecycle.ClusterID
	// DryRun only tells what would be done.
	DryRun bool
	// WhileInUse is the caller's word that it may be done although users write to
	// the cluster; see Repair.InUse.
	WhileInUse bool
}

// Repair says what is, was or would be made anew.
type Repair struct {
	Cluster lifecycle.ClusterID
	DryRun  bool
	Running bool
	// InUse says what users who may write there meanwhile have to expect; empty when
	// the cluster is closed to them.
	InUse   string
	Indexes []RepairIndex
	// Error is why the repair as a whole ended early, or is not known to have
	// succeeded.
	Error              string
	StartedAt, EndedAt time.Time // zero: not yet
}

// RepairIndex is one index of a repair.
type RepairIndex struct {
	Namespace, Name string
	Key             json.RawMessage // Extended JSON
	Reason          string          // what speaks against the index as it is, and on which member
	State           RepairState
	Step            string // what is being done, while State is RepairUnderWay
	Error           string // with RepairFailed
}

// RepairState is how far one index is.
type RepairState string

// The states.
const (
	RepairPlanned  RepairState = "planned"
	RepairUnderWay RepairState = "underWay"
	RepairDone     RepairState = "done"
	RepairFailed   RepairState = "failed"
)

// inUse is what is not as usual while indexes are made anew on an open cluster.
const inUse = "users may write to this cluster: uniqueness stays enforced throughout by a second index on the same keys, but each index is gone for as long as its build takes, so that queries that name it in a hint fail and a TTL does not delete meanwhile, and two builds for each index load the servers"

// repairs holds the repair that is under way, or the last one.
type repairs struct {
	mu   sync.Mutex
	last *Repair
	jobs chan repairJob
}

type repairJob struct {
	on   *mdb.Cluster
	todo []schema.Rebuild
}

// Repairing answers the repair that is under way or was the last one; ok is
// false when there was none in the life of this process.
func (s *Syncer) Repairing() (r Repair, ok bool) {
	s.repairs.mu.Lock()
	defer s.repairs.mu.Unlock()
	if s.repairs.last == nil {
		return Repair{}, false
	}
	r = *s.repairs.last
	r.Indexes = slices.Clone(r.Indexes)
	return r, true
}

func (s *Syncer) editRepair(edit func(*Repair)) {
	s.repairs.mu.Lock()
	defer s.repairs.mu.Unlock()
	edit(s.repairs.last)
}

// RepairUniqueIndexes drops and creates again, on the primary, every unique index
// of a cluster that is not known to be whole on all members: that makes it whole
// on all of them. It answers with the plan; unless that was a dry run the work
// goes on by itself, is seen in Repairing, and other commands are refused as Busy
// until it is over. It is repeated after a failure or a restart by asking again.
func (s *Syncer) RepairUniqueIndexes(ctx context.Context, req RepairRequest) (Repair, error) {
	const op = "repair"
	if !s.command.TryLock() {
		return Repair{}, refuse(op, Busy, "another request is in progress; wait for its answer")
	}
	handed := false
	defer func() {
		if !handed {
			s.command.Unlock()
		}
	}()
	if err := s.mayRepair(op, req.Cluster); err != nil {
		return Repair{}, err
	}
	c := s.cluster(req.Cluster)
	plan, todo, err := planRepair(ctx, c)
	if err != nil {
		return Repair{}, &Error{Op: op, Code: Internal, Err: err}
	}
	plan.Cluster, plan.DryRun = req.Cluster, req.DryRun
	switch {
	case req.DryRun, len(todo) == 0:
		return plan, nil
	case plan.InUse != "" && !req.WhileInUse:
		return Repair{}, refuse(op, NotEligible, "%s: send whileInUse: true if that is acceptable, or do it while the applications are stopped", plan.InUse)
	}
	plan.Running, plan.StartedAt = true, time.Now().UTC()
	s.repairs.mu.Lock()
	stored := plan
	stored.Indexes = slices.Clone(plan.Indexes)
	s.repairs.last = &stored
	s.repairs.mu.Unlock()
	select {
	case s.repairs.jobs <- repairJob{c, todo}:
		handed = true
		return plan, nil
	case <-ctx.Done():
		s.editRepair(func(r *Repair) { r.Running, r.Error, r.EndedAt = false, "it was never begun", time.Now().UTC() })
		return Repair{}, refuse(op, Starting, "%w", errNotConnected)
	}
}

// mayRepair knows the states in which new indexes can do no harm to a sync.
func (s *Syncer) mayRepair(op string, id lifecycle.ClusterID) error {
	if id != lifecycle.Cluster0 && id != lifecycle.Cluster1 {
		return refuse(op, InvalidRequest, "the cluster is %q; use %q or %q", id, lifecycle.Cluster0, lifecycle.Cluster1)
	}
	g := s.view.look()
	source := g.record.Mapping.Source == id
	state := g.state()
	switch {
	case state == lifecycle.Initializing:
		return refuse(op, Starting, "%w", errNotConnected)
	case state == lifecycle.Idle,
		(state == lifecycle.Running || state == lifecycle.Paused) && source,
		state == lifecycle.Committed && !source:
		return nil
	case state == lifecycle.Committed:
		return refuse(op, IllegalState, "%s is the old source: whatever is changed there after the commit closes the way back. An initial sync of its members, one after another, makes the indexes anew as well", id)
	case source:
		return refuse(op, IllegalState, "a repair is not allowed in state %s; wait until it is over", state)
	}
	return refuse(op, IllegalState, "%s is the destination in state %s: its indexes are the sync's own work, and those that it builds are whole", id, state)
}

// planRepair looks for what is to be made anew, and for those who write.
func planRepair(ctx context.Context, c *mdb.Cluster) (Repair, []schema.Rebuild, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, facts.IndexTime, fmt.Errorf("not finished within %s", facts.IndexTime))
	defer cancel()
	mode, err := c.FenceMode(ctx)
	if err != nil {
		return Repair{}, nil, err
	}
	found, err := facts.UniqueIndexesOf(ctx, c, nil)
	if err != nil {
		return Repair{}, nil, err
	}
	why, keys, unasked := suspicions(found)
	todo, err := schema.Rebuilds(ctx, c, func(ns, name string) bool { return why[ns+" "+name] != "" })
	if err != nil {
		return Repair{}, nil, err
	}
	plan := Repair{Indexes: []RepairIndex{}}
	if unasked != nil {
		plan.Error = mdb.ErrorText(unasked)
	}
	if mode != mdb.FenceOn {
		plan.InUse = inUse
	}
	for _, r := range todo {
		id := r.NS.String() + " " + r.Name
		x := RepairIndex{Namespace: r.NS.String(), Name: r.Name, Key: keys[id], Reason: why[id], State: RepairPlanned}
		if r.Begun {
			x.Reason = "an earlier repair was not finished"
		}
		plan.Indexes = append(plan.Indexes, x)
	}
	return plan, todo, nil
}

// suspicions maps indexes to what speaks against them, and says which members
// could not be asked.
func suspicions(found sdk.UniqueIndexes) (why map[string]string, keys map[string]json.RawMessage, unasked error) {
	why, keys = map[string]string{}, map[string]json.RawMessage{}
	var errs []error
	for _, m := range found.Members {
		if !m.Known {
			errs = append(errs, fmt.Errorf("member %s could not be asked: %s", m.Host, m.Error))
		}
		for _, ix := range m.Suspects {
			id, text := ix.Namespace+" "+ix.Name, ""
			switch {
			case len(ix.ValidateWarnings) > 0:
				text = fmt.Sprintf("%s: %s", m.Host, ix.ValidateWarnings[0])
			case !ix.Validated:
				text = fmt.Sprintf("%s: format %d, and not validated: %s", m.Host, ix.FormatVersion, ix.ValidateError)
			default:
				continue
			}
			keys[id] = ix.Key
			if why[id] != "" {
				text = why[id] + "; " + text
			}
			why[id] = text
		}
	}
	return why, keys, errors.Join(errs...)
}
