//go:build unix

package main

import (
	"context"
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
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mongotest"
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
	a, b := mongotest.Pair(t, mongotest.Options{})
	_, err := a.Client(t, mongotest.App).Database("shop").Collection("orders").InsertOne(t.Context(), bson.D{{Key: "_id", Value: 1}})
	require.NoError(t, err)
	engine, err := core.New(core.Options{Cluster0: a.URI(mongotest.Sync), Cluster1: b.URI(mongotest.Sync), Gate: gate(t, l.URL, "10m")})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- engine.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
	})
	reaches := func(what string, ok func(core.Progress) bool) {
		t.Helper()
		require.Eventually(t, func() bool { return ok(engine.Progress()) }, time.Minute, 10*time.Millisecond, what)
	}
	soldAfter := func(told ...string) {
		t.Helper()
		require.Eventually(t, func() bool { return slices.Equal(told, l.heard()) }, time.Minute, 10*time.Millisecond, "%v", l.heard())
		require.Eventually(t, func() bool { return order(t, address) == http.StatusCreated }, time.Minute, 10*time.Millisecond)
	}

	reaches("a connection", func(p core.Progress) bool { return p.State == lifecycle.Idle })
	require.NoError(t, engine.Start(t.Context(), core.StartOptions{Options: lifecycle.Options{Reversible: true},
		Mapping: lifecycle.Mapping{Source: lifecycle.Cluster0, Destination: lifecycle.Cluster1}}))
	reaches("canCommit", func(p core.Progress) bool { return p.CanCommit })
	require.NoError(t, engine.Commit(t.Context()))
	soldAfter("/freeze", "/thaw")
	reaches("COMMITTED", func(p core.Progress) bool { return p.State == lifecycle.Committed })
	require.NoError(t, engine.Reverse(t.Context()))
	soldAfter("/freeze", "/thaw", "/freeze", "/thaw")

	reaches("canCommit on the way back", func(p core.Progress) bool { return p.Epoch == 1 && p.CanCommit })
	stopShop()
	err = engine.Commit(t.Context())
	require.Equal(t, core.NotEligible, core.CodeOf(err), "%v", err)
	require.ErrorContains(t, err, "APPLICATION_NOT_FROZEN")
	require.Equal(t, lifecycle.Running, engine.Progress().State)
}
