package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
)

// Repairer is an Engine that can make old unique indexes anew; *core.Syncer is
// one. With an engine that is not, the endpoint does not exist.
type Repairer interface {
	RepairUniqueIndexes(ctx context.Context, req core.RepairRequest) (core.Repair, error)
	// Repairing answers the repair that is under way, or the last one.
	Repairing() (r core.Repair, ok bool)
}

// repairRoutes are the endpoints about repairs. They share the lock of dry runs:
// the engine itself keeps a repair and other commands apart.
func (s *Server) repairRoutes() []route {
	r, ok := s.engine.(Repairer)
	if !ok {
		return nil
	}
	return []route{
		{http.MethodPost, "repair/uniqueIndexes", repairWith(r), &s.review},
		{http.MethodGet, "repair/uniqueIndexes", repairSeen(r), nil},
	}
}

// repairReply answers both; Repair is null when there was none.
type repairReply struct {
	Repair  *repairJSON `json:"repair"`
	Success bool        `json:"success"`
}

type repairJSON struct {
	Cluster   lifecycle.ClusterID `json:"cluster"`
	DryRun    bool                `json:"dryRun"`
	Running   bool                `json:"running"`
	InUse     *string             `json:"inUse"`
	Done      int                 `json:"done"`
	Failed    int                 `json:"failed"`
	Total     int                 `json:"total"`
	Indexes   []repairIndexJSON   `json:"indexes"`
	Error     *string             `json:"error"`
	StartedAt *time.Time          `json:"startedAt"`
	EndedAt   *time.Time          `json:"endedAt"`
}

type repairIndexJSON struct {
	Namespace string           `json:"namespace"`
	Name      string           `json:"name"`
	Key       json.RawMessage  `json:"key"`
	Reason    string           `json:"reason"`
	State     core.RepairState `json:"state"`
	Step      *string          `json:"step"`
	Error     *string          `json:"error"`
}

func repairWith(engine Repairer) handler {
	return func(ctx context.Context, body []byte) (any, error) {
		req := core.RepairRequest{DryRun: true}
		fields := object{
			"cluster": func(raw json.RawMessage) error {
				return oneOf(raw, &req.Cluster, lifecycle.Cluster0, lifecycle.Cluster1)
			},
			"dryRun":     set(&req.DryRun),
			"whileInUse": set(&req.WhileInUse),
		}
		if err := fields.decode(body); err != nil {
			return nil, invalid("%w", err)
		}
		if req.Cluster == "" {
			return nil, invalid("field \"cluster\" is missing: use %q or %q", lifecycle.Cluster0, lifecycle.Cluster1)
		}
		r, err := engine.RepairUniqueIndexes(ctx, req)
		if err != nil {
			return nil, err
		}
		return repairReply{repairOf(r), true}, nil
	}
}

func repairSeen(engine Repairer) handler {
	return func(context.Context, []byte) (any, error) {
		r, ok := engine.Repairing()
		if !ok {
			return repairReply{nil, true}, nil
		}
		return repairReply{repairOf(r), true}, nil
	}
}

func repairOf(r core.Repair) *repairJSON {
	out := &repairJSON{Cluster: r.Cluster, DryRun: r.DryRun, Running: r.Running, InUse: textOrNull(r.InUse), Total: len(r.Indexes),
		Indexes: []repairIndexJSON{}, Error: textOrNull(r.Error), StartedAt: timeOrNull(r.StartedAt), EndedAt: timeOrNull(r.EndedAt)}
	for _, ix := range r.Indexes {
		switch ix.State {
		case core.RepairDone:
			out.Done++
		case core.RepairFailed:
			out.Failed++
		}
		out.Indexes = append(out.Indexes, repairIndexJSON{ix.Namespace, ix.Name, ix.Key, ix.Reason, ix.State, textOrNull(ix.Step), textOrNull(ix.Error)})
	}
	return out
}

func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
