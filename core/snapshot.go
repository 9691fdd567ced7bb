package core

import (
	"fmt"
	"time"

	"github.com/revsync/revsync/core/lifecycle"
)

// maxCommitLag is the largest lag at which a commit is accepted, as in
// mongosync since 1.21.
const maxCommitLag = 30 * time.Second

// Progress is how things stand. It asks no server and never waits for one.
func (s *Syncer) Progress() Progress {
	g := s.view.look()
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	p := Progress{State: g.state(), InstanceID: s.opts.ID, Coordinator: s.opts.ID, LastError: s.lastError(g), Checking: s.checking(g)}
	if g.tenure == nil {
		return p
	}
	s.fillRecord(&p, g)
	s.fillClusters(&p, g)
	s.fillCopy(&p, g)
	s.fillApply(&p, g)
	p.CannotReason = s.cannotCommit(&p, g)
	p.CanCommit = p.CannotReason == ""
	return p
}

func (s *Syncer) fillRecord(p *Progress, g glimpse) {
	r := g.record
	p.Epoch, p.Reversible, p.Mapping, p.CanWrite = r.Epoch, r.Options.Reversible, r.Mapping, r.CanWrite()
	p.Info = info(r)
	if plan, ok := lifecycle.PlanOf(r.State); ok && r.Step < len(plan.Steps) {
		p.Step = string(plan.Steps[r.Step])
		if r.Undo {
			p.Step = "undo " + p.Step
		}
	}
	if g.notice != "" {
		p.Warnings = append(p.Warnings, g.notice)
	}
	if sourceFenced(r) {
		p.Warnings = append(p.Warnings, fmt.Sprintf("user writes on %s, the source, are blocked by revsync", r.Mapping.Source))
	}
	if n := len(s.watch.failed); n > 0 {
		p.Warnings = append(p.Warnings, fmt.Sprintf("%d indexes could not be built on %s and will be tried again by the commit, the first: %s", n, r.Mapping.Destination, s.watch.failed[0]))
	}
	p.ReversePoint = r.ReversePoint.Time
}

func sourceFenced(r lifecycle.Record) bool {
	closed := r.State == lifecycle.Committed || r.State == lifecycle.Committing && r.Step > 0 && !r.Undo
	return closed && r.Options.WriteBlocking.Source()
}

// info is the phase in the anchor's words.
func info(r lifecycle.Record) string {
	switch r.State {
	case lifecycle.Committing:
		return string(lifecycle.JobCommitPlan)
	case lifecycle.Committed:
		return "commit completed"
	case lifecycle.Reversing:
		return string(lifecycle.JobApply)
	case lifecycle.Paused:
		r.State = lifecycle.Running // what it was doing before
	}
	return string(r.NextJob())
}

func (s *Syncer) fillClusters(p *Progress, g glimpse) {
	m := g.record.Mapping
	p.SourceHost, p.DestHost = g.identities[m.Source].Primary, g.identities[m.Destination].Primary
	p.SourcePing, p.DestPing = s.watch.pingOf(m.Source), s.watch.pingOf(m.Destination)
	if w, ok := s.watch.window[m.Source]; ok && g.record.State == lifecycle.Running && !g.record.Position.IsZero() {
		left := w.Left(g.appliedTime())
		if p.OplogLeft = &left; left < 15*time.Minute {
			p.Warnings = append(p.Warnings, fmt.Sprintf("the oplog of %s is about to outrun the sync: enlarge it (replSetResizeOplog)", m.Source))
		}
	}
	if w, ok := s.watch.window[m.Destination]; ok && g.record.State == lifecycle.Committed && !p.ReversePoint.IsZero() {
		left := w.Left(p.ReversePoint)
		p.ReverseWindow = &left
	}
}

func (w *watcher) pingOf(id lifecycle.ClusterID) *time.Duration {
	d, ok := w.ping[id]
	if !ok {
		return nil
	}
	return &d
}

func (s *Syncer) fillCopy(p *Progress, g glimpse) {
	c := g.record.Copy
	p.TotalBytes, p.CopiedBytes = 1, 0 // before the copy, as the anchor shows it
	if c.Partitioned {
		p.TotalBytes = c.TotalBytes
	}
	switch {
	case c.DocumentsCopied:
		p.CopiedBytes = p.TotalBytes
	case g.copy != nil:
		p.CopiedBytes = g.copy.Copied()
		p.TotalBytes = max(p.TotalBytes, p.CopiedBytes)
	}
	if g.job == lifecycle.JobCopy && g.record.Options.BuildIndexes == lifecycle.AfterDataCopy {
		ip := &IndexProgress{}
		ip.Built, ip.Total, ip.CollectionsFinished, ip.CollectionCount = g.tenure.catalog.IndexCounts()
		p.Indexes = ip
	}
}

func (s *Syncer) fillApply(p *Progress, g glimpse) {
	p.EventsTotal = g.events
	p.LastApplied = g.appliedTime()
	if s.watch.lag.knows(g.record.Epoch) {
		p.SourceTime = s.watch.lag.source
	}
	if g.applier != nil {
		st := g.applier.Status()
		p.EventsTotal += st.Events
		if !st.DDLApplied.IsZero() {
			p.DDLLagMillis = s.lagMillis(g, p.LastApplied)
		}
	}
	switch g.record.State {
	case lifecycle.Running, lifecycle.Committing:
		if g.record.Copy.DocumentsCopied {
			p.LagMillis = s.lagMillis(g, p.LastApplied)
			p.CatchupSeconds = s.watch.lag.catchup()
		}
		if p.LagMillis != nil {
			p.CEAStage = stage(*p.LagMillis)
		}
	case lifecycle.Committed:
		zero := int64(0)
		p.LagMillis = &zero
	case lifecycle.Reversing:
		p.LagMillis = s.lagMillis(g, p.LastApplied)
	}
}

// lagMillis is nil until the source's clock was read: right after a restart or
// a reversal no lag seen is not the same as no lag.
func (s *Syncer) lagMillis(g glimpse, applied lifecycle.OpTime) *int64 {
	if !s.watch.lag.knows(g.record.Epoch) {
		return nil
	}
	ms := s.watch.lag.millis(applied)
	return &ms
}

func stage(lagMillis int64) string {
	if lagMillis > maxCommitLag.Milliseconds() {
		return "collection copy drain"
	}
	return "steady state"
}

// lastError is the fault that lasts longest now, else a standstill, else what
// the record remembers (why a commit was undone, why the last life ended).
func (s *Syncer) lastError(g glimpse) *lifecycle.Failure {
	if f := s.faults.oldest(); f != nil {
		return f
	}
	if g.tenure == nil {
		return nil
	}
	if f := s.watch.standstill(g); f != nil {
		return f
	}
	return g.record.LastError
}

// cannotCommit says why a commit would be refused now; empty when it would not.
func (s *Syncer) cannotCommit(p *Progress, g glimpse) string {
	switch {
	case g.record.State != lifecycle.Running:
		return fmt.Sprintf("the state is %s, not RUNNING", g.record.State)
	case g.job != lifecycle.JobApply || g.applier == nil:
		return fmt.Sprintf("the initial sync is not over: %s (%d of %d bytes copied)", p.Info, p.CopiedBytes, p.TotalBytes)
	case g.applier.Status().Applied.IsZero():
		return "change event application has just begun and has not read the source yet"
	case p.SourceTime.IsZero():
		return "the source's clock has not been read yet"
	case p.LagMillis != nil && *p.LagMillis > maxCommitLag.Milliseconds():
		return fmt.Sprintf("the lag is %d ms; wait until it is under %d ms", *p.LagMillis, maxCommitLag.Milliseconds())
	}
	return ""
}
