package workload_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/mongotest/workload"
)

func TestProbeKinds(t *testing.T) {
	rs := mongotest.New(t, mongotest.Options{})
	for _, k := range workload.Kinds() {
	run, err := workload.Start(t.Context(), workload.Options{Client: rs.Client(t, mongotest.App), DDLClient: rs.Client(t, mongotest.DDL), Seed: 1, Rate: -1, Kinds: []workload.Kind{k}, Database: "live_"+string(k), Clients: 1})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 1*time.Second)
	<-ctx.Done()
	cancel()
	report := run.Stop()
	t.Log(k, report)
	require.NoError(t, run.Verify(t.Context(), rs.Client(t, mongotest.Sync)))
	}
}
