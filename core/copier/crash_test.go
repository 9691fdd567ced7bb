package copier_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestServersCrash kills either server in the middle of the copy: nothing that
// was acknowledged is lost, and the rest still comes.
func TestServersCrash(t *testing.T) {
	w := newWorld(t)
	w.numbered("shop", "orders", 600)
	job := w.job(w.catalog("shop"), small)
	_, err := job.Partition(w.ctx())
	require.NoError(t, err)
	held, _ := hold(t, w.dst, "shop.orders") // until the server dies
	done := begin(w.ctx(), job)
	held(1)
	for _, rs := range sets {
		require.NoError(t, rs.Members()[0].Kill())
		require.NoError(t, rs.Members()[0].Start(w.ctx()))
		_, err := rs.Primary(w.ctx())
		require.NoError(t, err)
	}
	require.NoError(t, <-done)
	require.NotEmpty(t, w.reports.errs)
	w.requireEqual("shop", "orders", false)
	for _, r := range w.ranges() {
		require.True(t, r.Done)
	}
}
