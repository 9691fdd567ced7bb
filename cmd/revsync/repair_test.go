package main

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/hostapi/rest"
)

// repairing is an engine that repairs in as many looks as it has reports.
type repairing struct {
	engine
	asked   []core.RepairRequest
	refusal error
	reports []core.Repair // one after the other; the last one stays
}

func (e *repairing) RepairUniqueIndexes(_ context.Context, req core.RepairRequest) (core.Repair, error) {
	e.asked = append(e.asked, req)
	r := e.reports[0]
	r.DryRun, r.Running = req.DryRun, !req.DryRun
	return r, e.refusal
}

func (e *repairing) Repairing() (core.Repair, bool) {
	if len(e.reports) > 1 {
		e.reports = e.reports[1:]
	}
	return e.reports[0], true
}

func (e *repairing) run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	server := httptest.NewServer(rest.New(e, nil, "127.0.0.1:0").Handler())
	defer server.Close()
	return command(t, append([]string{"repair", "unique-indexes", "--addr", server.URL}, args...)...)
}

func planned(state core.RepairState, step, failure string) core.Repair {
	return core.Repair{Cluster: "cluster0", InUse: "they write", Running: state == core.RepairUnderWay,
		Indexes: []core.RepairIndex{{Namespace: "shop.users", Name: "u", Reason: "a:1: old keys", State: state, Step: step, Error: failure}}}
}

func TestRepairShowsBeforeItActs(t *testing.T) {
	e := &repairing{reports: []core.Repair{planned(core.RepairPlanned, "", "")}}
	code, out, errOut := e.run(t, "--cluster", "cluster0")
	require.Zero(t, code, errOut)
	require.Equal(t, "  u of shop.users: a:1: old keys\nmind: they write\nnothing was changed; carry it out with --yes\n", out)
	require.Equal(t, []core.RepairRequest{{Cluster: "cluster0", DryRun: true}}, e.asked)

	e = &repairing{reports: []core.Repair{{Cluster: "cluster0"}}}
	code, out, errOut = e.run(t, "--cluster", "cluster0")
	require.Zero(t, code, errOut)
	require.Equal(t, "no unique index needs to be made anew\n", out)
}

func TestRepairIsFollowedToItsEnd(t *testing.T) {
	e := &repairing{reports: []core.Repair{planned(core.RepairPlanned, "", ""),
		planned(core.RepairUnderWay, "creating the index", ""), planned(core.RepairDone, "", "")}}
	code, out, errOut := e.run(t, "--cluster", "cluster0", "--yes", "--while-in-use")
	require.Zero(t, code, errOut)
	require.Contains(t, out, "0 of 1 done, creating the index: u of shop.users\n1 of 1 done\n")
	require.Equal(t, []core.RepairRequest{{Cluster: "cluster0", WhileInUse: true}}, e.asked)

	e = &repairing{reports: []core.Repair{planned(core.RepairPlanned, "", ""), planned(core.RepairFailed, "", "no room on the disk")}}
	code, _, errOut = e.run(t, "--cluster", "cluster0", "--yes", "--while-in-use")
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "u of shop.users: no room on the disk")
}

func TestRepairRefusals(t *testing.T) {
	e := &repairing{reports: []core.Repair{planned(core.RepairPlanned, "", "")},
		refusal: &core.Error{Op: "repair", Code: core.NotEligible, Err: context.DeadlineExceeded}}
	code, _, errOut := e.run(t, "--cluster", "cluster0", "--yes")
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "repair was refused: NotEligible")
	code, _, errOut = e.run(t)
	require.Equal(t, 1, code)
	require.Contains(t, errOut, `"cluster"`)
}
