package workload_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/mongotest/workload"
)

func TestProbe(t *testing.T) {
	rs := mongotest.New(t, mongotest.Options{})
	var journal bytes.Buffer
	run, err := workload.Start(t.Context(), workload.Options{Client: rs.Client(t, mongotest.App), DDLClient: rs.Client(t, mongotest.DDL), Seed: 1, Rate: 100, Journal: &journal})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	begin := time.Now()
	err = run.WaitWrites(ctx, 200)
	report := run.Stop()
	t.Log(time.Since(begin), report)
	require.NoError(t, err)
	require.NoError(t, run.Verify(t.Context(), rs.Client(t, mongotest.Sync)))
	require.Empty(t, report.Failures)
}
