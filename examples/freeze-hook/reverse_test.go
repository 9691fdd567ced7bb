//go:build unix

package main

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/examples/internal/reversible"
)

// listener stands between the hook and the shop and notes what it is told.
type listener struct {
	*httptest.Server
	mu   sync.Mutex
	told []string
}

func listen(t *testing.T, address string) *listener {
	t.Helper()
	shop, err := url.Parse(address)
	require.NoError(t, err)
	proxy, l := httputil.NewSingleHostReverseProxy(shop), &listener{}
	proxy.ErrorLog = log.New(io.Discard, "", 0) // a shop that is away is part of the test
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		l.told = append(l.told, r.URL.Path)
		l.mu.Unlock()
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(l.Close)
	return l
}

func (l *listener) heard() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.told)
}

// TestThereAndBackWithTheShop: between two replica sets the shop is frozen for a commit and for a reverse and takes orders
// after each, and when it cannot be told to stop, the next commit is refused.
func TestThereAndBackWithTheShop(t *testing.T) {
	address, stopShop := application(t)
	l := listen(t, address)
	engine := reversible.Start(t, gate(t, l.URL, "10m"))
	soldAfter := func(told ...string) {
		t.Helper()
		require.Eventually(t, func() bool { return slices.Equal(told, l.heard()) }, time.Minute, 10*time.Millisecond, "%v", l.heard())
		require.Eventually(t, func() bool { return order(t, address) == http.StatusCreated }, time.Minute, 10*time.Millisecond)
	}

	require.NoError(t, engine.Commit(t.Context()))
	soldAfter("/freeze", "/thaw")
	engine.Reaches("COMMITTED", func(p core.Progress) bool { return p.State == lifecycle.Committed })
	require.NoError(t, engine.Reverse(t.Context()))
	soldAfter("/freeze", "/thaw", "/freeze", "/thaw")

	engine.Reaches("canCommit on the way back", func(p core.Progress) bool { return p.Epoch == 1 && p.CanCommit })
	stopShop()
	err := engine.Commit(t.Context())
	require.Equal(t, core.NotEligible, core.CodeOf(err), "%v", err)
	require.ErrorContains(t, err, "APPLICATION_NOT_FROZEN")
	require.Equal(t, lifecycle.Running, engine.Progress().State)
}
