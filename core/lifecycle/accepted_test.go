package lifecycle_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/lifecycle"
)

func TestAcceptancesAreBounded(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678_900_000, time.FixedZone("", 3600))
	r := running()
	for i := range lifecycle.MaxAccepted + 3 {
		a := lifecycle.Acceptance{At: at, Request: lifecycle.Commit, Finding: fmt.Sprint("m/c/X", i)}
		before := r
		r.Accept(a)
		kept := len(r.Accepted)
		r.Accept(a)
		require.Len(t, r.Accepted, kept, "a change that is made twice adds nothing")
		require.Len(t, before.Accepted, min(i, lifecycle.MaxAccepted), "the copy that readers hold stays as it is")
	}
	require.Len(t, r.Accepted, lifecycle.MaxAccepted)
	require.Equal(t, "m/c/X3", r.Accepted[0].Finding, "the oldest go first")
	require.Equal(t, time.Date(2026, 1, 2, 2, 4, 5, 678_000_000, time.UTC), r.Accepted[0].At, "as the server keeps it")
	require.NoError(t, r.Validate())
}

func TestDamagedAcceptancesAreRefused(t *testing.T) {
	good := lifecycle.Acceptance{At: time.Unix(1, 0), Request: lifecycle.Reverse, Finding: "m/c/X"}
	for name, damage := range map[string]func(*lifecycle.Record){
		"no time":    func(r *lifecycle.Record) { r.Accepted[0].At = time.Time{} },
		"no request": func(r *lifecycle.Record) { r.Accepted[0].Request = "" },
		"no name":    func(r *lifecycle.Record) { r.Accepted[0].Finding = "" },
		"too many":   func(r *lifecycle.Record) { r.Accepted = append(r.Accepted, make([]lifecycle.Acceptance, 64)...) },
	} {
		r := running()
		r.Accept(good)
		require.NoError(t, r.Validate())
		damage(&r)
		require.Error(t, r.Validate(), name)
	}
}
