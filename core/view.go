package core

import (
	"maps"
	"slices"
	"sync"

	"github.com/revsync/revsync/core/applier"
	"github.com/revsync/revsync/core/copier"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/sdk"
)

// view is what progress looks at: pointers to what is running now. It holds no
// state of its own that a decision rests on.
type view struct {
	mu         sync.Mutex
	identities map[lifecycle.ClusterID]mdb.Identity
	idle       bool
	tenure     *tenure
	job        lifecycle.Job
	copy       *copier.Job
	applier    *applier.Applier
	events     int64 // applied by appliers that have ended
	notice     string
	gathering  map[string]sdk.Running // by evaluation: facts that are being collected
}

// glimpse is one consistent look at a view.
type glimpse struct {
	identities map[lifecycle.ClusterID]mdb.Identity
	idle       bool
	tenure     *tenure
	record     lifecycle.Record // of the tenure; zero without one
	job        lifecycle.Job
	copy       *copier.Job
	applier    *applier.Applier
	events     int64
	notice     string
	gathering  []sdk.Running
}

func (v *view) look() glimpse {
	v.mu.Lock()
	defer v.mu.Unlock()
	g := glimpse{identities: v.identities, idle: v.idle, tenure: v.tenure, job: v.job, copy: v.copy, applier: v.applier, events: v.events, notice: v.notice, gathering: slices.Collect(maps.Values(v.gathering))}
	if v.tenure != nil {
		g.record = v.tenure.store.Record()
	}
	return g
}

// state is the public state: INITIALIZING until a record is owned or known not
// to exist.
func (g glimpse) state() lifecycle.State {
	switch {
	case g.tenure != nil:
		return g.record.State
	case g.idle:
		return lifecycle.Idle
	}
	return lifecycle.Initializing
}

func (v *view) change(f func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	f()
}

func (v *view) setIdentities(zero, one mdb.Identity) {
	v.change(func() {
		v.identities = map[lifecycle.ClusterID]mdb.Identity{lifecycle.Cluster0: zero, lifecycle.Cluster1: one}
	})
}

func (v *view) identity(id lifecycle.ClusterID) mdb.Identity {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.identities[id]
}

func (v *view) setIdle() { v.change(func() { v.idle, v.tenure = true, nil }) }

func (v *view) setTenure(t *tenure) {
	v.change(func() { v.idle, v.tenure, v.copy, v.notice = false, t, nil, ""; v.forgetApplier() })
}

// dropTenure shows INITIALIZING while the sync is not this process's to act on.
func (v *view) dropTenure() {
	v.change(func() { v.idle, v.tenure = false, nil; v.forgetApplier() })
}

func (v *view) forgetApplier() {
	if v.applier != nil {
		v.events += v.applier.Status().Events
	}
	v.applier = nil
}

func (v *view) setJob(j lifecycle.Job) {
	v.change(func() { v.job, v.notice = j, ""; v.forgetApplier() })
}

func (v *view) setCopy(j *copier.Job) { v.change(func() { v.copy = j }) }

func (v *view) setApplier(a *applier.Applier) {
	v.change(func() { v.forgetApplier(); v.applier = a })
}

func (v *view) setNotice(text string) { v.change(func() { v.notice = text }) }
