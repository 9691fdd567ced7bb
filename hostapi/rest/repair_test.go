package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
)

// repairing is an engine that can repair; it notes what it was asked.
type repairing struct {
	scripted
	asked []core.RepairRequest
	last  *core.Repair
}

func (e *repairing) RepairUniqueIndexes(_ context.Context, req core.RepairRequest) (core.Repair, error) {
	e.asked = append(e.asked, req)
	if e.fail != nil {
		return core.Repair{}, e.fail
	}
	r := core.Repair{Cluster: req.Cluster, DryRun: req.DryRun, InUse: "they write", Indexes: []core.RepairIndex{
		{Namespace: "shop.users", Name: "u", Key: json.RawMessage(`{"a":1}`), Reason: "a:1: old", State: core.RepairPlanned}}}
	if !req.DryRun {
		r.Running, r.StartedAt = true, time.Unix(1000, 0).UTC()
		e.last = &r
	}
	return r, nil
}

func (e *repairing) Repairing() (core.Repair, bool) {
	if e.last == nil {
		return core.Repair{}, false
	}
	return *e.last, true
}

const repairPath = apiPath + "repair/uniqueIndexes"

func TestRepairIsADryRunUnlessToldOtherwise(t *testing.T) {
	e := &repairing{scripted: scripted{state: lifecycle.Idle}}
	server := serve(t, e)
	none := call(t, server, http.MethodGet, repairPath, "")
	require.JSONEq(t, `{"repair":null,"success":true}`, none.body)

	dry := call(t, server, http.MethodPost, repairPath, `{"cluster":"cluster0"}`)
	require.JSONEq(t, `{"repair":{"cluster":"cluster0","dryRun":true,"running":false,"inUse":"they write","done":0,"failed":0,"total":1,
		"indexes":[{"namespace":"shop.users","name":"u","key":{"a":1},"reason":"a:1: old","state":"planned","step":null,"error":null}],
		"error":null,"startedAt":null,"endedAt":null},"success":true}`, dry.body)
	real := call(t, server, http.MethodPost, repairPath, `{"cluster":"cluster0","dryRun":false,"whileInUse":true}`)
	requireSuccess(t, real)
	require.Equal(t, []core.RepairRequest{
		{Cluster: lifecycle.Cluster0, DryRun: true}, {Cluster: lifecycle.Cluster0, WhileInUse: true}}, e.asked)
	e.last.Indexes[0].State, e.last.Indexes[0].Error = core.RepairFailed, "no room"
	seen := call(t, server, http.MethodGet, repairPath, "")
	require.Contains(t, seen.body, `"failed":1`)
	require.Contains(t, seen.body, `"error":"no room"`)
	require.Contains(t, seen.body, `"startedAt":"1970-01-01T00:16:40Z"`)
}

func TestRepairRefusals(t *testing.T) {
	e := &repairing{scripted: scripted{state: lifecycle.Idle}}
	server := serve(t, e)
	for _, body := range []string{`{ }`, `{"cluster":"cluster2"}`, `{"cluster":"cluster0","dryRun":"no"}`, `{"cluster":"cluster0","force":true}`} {
		requireFailure(t, call(t, server, http.MethodPost, repairPath, body), http.StatusBadRequest, "InvalidRequest")
	}
	require.Empty(t, e.asked)
	e.fail = &core.Error{Op: "repair", Code: core.IllegalState, Err: context.DeadlineExceeded}
	requireFailure(t, call(t, server, http.MethodPost, repairPath, `{"cluster":"cluster0"}`), http.StatusConflict, "IllegalState")
	wrong := call(t, server, http.MethodPut, repairPath, "")
	requireFailure(t, wrong, http.StatusMethodNotAllowed, "MethodNotAllowed")
	require.Equal(t, "POST, GET", wrong.header.Get("Allow"))
	plain := call(t, serve(t, &scripted{state: lifecycle.Idle}), http.MethodPost, repairPath, `{"cluster":"cluster0"}`)
	requireFailure(t, plain, http.StatusNotFound, "NotFound")
}
