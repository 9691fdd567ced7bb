package applier

import (
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/schema"
)

// scope is what a schema event concerns: collections by UUID, names that mean
// something else behind it, or a whole database.
type scope struct {
	uuids []schema.UUID
	names []mdb.Namespace
	db    string
}

// scopeOf answers false for a schema event that is no part of the sync, or part
// of the copied schema already. A view has a name and no UUID, and no changes
// that could wait for it.
func (d *dispatcher) scopeOf(e *event) (scope, bool) {
	if e.time.Compare(d.cfg.SchemaTime) <= 0 {
		return scope{}, false
	}
	ns := e.ns()
	switch e.operation {
	case "dropDatabase":
		return scope{db: ns.DB}, mdb.UserDB(ns.DB)
	case "rename":
		to := namespaceOf(e.to)
		s := scope{uuids: []schema.UUID{e.uuid}, names: []mdb.Namespace{ns, to}}
		if replaced, err := dropTargetOf(e); err == nil && !replaced.IsZero() {
			s.uuids = append(s.uuids, replaced)
		}
		return s, d.cfg.Keep(ns) || d.cfg.Keep(to)
	}
	s := scope{names: []mdb.Namespace{ns}}
	if !e.uuid.IsZero() {
		s.uuids = []schema.UUID{e.uuid}
	}
	return s, d.cfg.Keep(ns)
}

// held is the union of scopes.
type held struct {
	uuids map[schema.UUID]struct{}
	names map[mdb.Namespace]struct{}
	dbs   map[string]struct{}
}

func newHeld() held {
	return held{map[schema.UUID]struct{}{}, map[mdb.Namespace]struct{}{}, map[string]struct{}{}}
}

func (h held) add(s scope) {
	for _, u := range s.uuids {
		h.uuids[u] = struct{}{}
	}
	for _, ns := range s.names {
		h.names[ns] = struct{}{}
	}
	if s.db != "" {
		h.dbs[s.db] = struct{}{}
	}
}

// has reports whether a change is of anything in it.
func (h held) has(e *event) bool {
	if _, is := h.uuids[e.uuid]; is {
		return true
	}
	ns := e.ns()
	_, byName := h.names[ns]
	_, byDB := h.dbs[ns.DB]
	return byName || byDB
}
