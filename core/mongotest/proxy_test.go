package mongotest_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/revsync/revsync/core/mongotest"
)

// TestProxy does everything to the network that it can, with a client that only
// knows the set's address.
func TestProxy(t *testing.T) {
	t.Parallel()
	rs := mongotest.New(t, mongotest.Options{Proxied: true})
	member := rs.Members()[0]
	proxy := member.Proxy()
	require.Equal(t, []string{proxy.Host()}, rs.Hosts())
	client := rs.Client(t, mongotest.App)
	require.Equal(t, rs.Hosts(), hostsInHello(t, client), "clients follow these")
	require.NoError(t, insert(t.Context(), client, 1))
	begin := time.Now()
	require.NoError(t, insert(t.Context(), client, 2))
	quick := time.Since(begin)

	t.Run("cut", func(t *testing.T) {
		proxy.Cut()
		_, err := net.Dial("tcp", proxy.Host())
		require.ErrorContains(t, err, "refused")
		require.Error(t, insertWithin(t, client, 100*time.Millisecond, 3))
		require.EqualValues(t, 2, count(t, member.Client(t, mongotest.App)), "past the proxy")
		require.NoError(t, proxy.Heal())
		require.NoError(t, insertWithin(t, client, patience, 3))
	})
	t.Run("hold", func(t *testing.T) {
		proxy.Hold()
		conn, err := net.Dial("tcp", proxy.Host())
		require.NoError(t, err, "accepted, and then silent")
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
		_, err = conn.Read(make([]byte, 1))
		require.ErrorContains(t, err, "timeout")
		require.NoError(t, conn.Close())
		require.ErrorIs(t, insertWithin(t, client, 100*time.Millisecond, 4), context.DeadlineExceeded)
		require.EqualValues(t, 3, count(t, member.Client(t, mongotest.App)), "nothing has passed")
		require.NoError(t, proxy.Heal())
		require.NoError(t, insertWithin(t, client, patience, 5))
	})
	t.Run("held bytes pass later", func(t *testing.T) {
		proxy.Hold()
		done := make(chan error, 1)
		go func() { done <- insertWithin(t, client, patience, 6) }()
		select {
		case err := <-done:
			t.Fatalf("it was answered: %v", err)
		case <-time.After(100 * time.Millisecond):
		}
		require.NoError(t, proxy.Heal())
		require.NoError(t, <-done)
	})
	t.Run("slow", func(t *testing.T) {
		const latency = 200 * time.Millisecond
		proxy.Slow(latency, 0)
		begin := time.Now()
		require.NoError(t, insertWithin(t, client, patience, 7))
		require.GreaterOrEqual(t, time.Since(begin), 2*latency, "there and back; without, it took %s", quick)
		proxy.Slow(0, 100_000)
		begin = time.Now()
		_, err := client.Database("shop").Collection("orders").InsertOne(t.Context(), bson.D{{Key: "_id", Value: 8}, {Key: "big", Value: make([]byte, 100_000)}})
		require.NoError(t, err)
		require.GreaterOrEqual(t, time.Since(begin), 900*time.Millisecond)
		require.NoError(t, proxy.Heal())
	})
	t.Run("restarted member", func(t *testing.T) {
		require.NoError(t, member.Kill())
		require.Error(t, insertWithin(t, client, 100*time.Millisecond, 9))
		require.NoError(t, member.Start(t.Context()))
		require.NoError(t, insertWithin(t, client, patience, 10))
	})
}

// TestProxiedMembers: the members of a set of three speak through the proxies too.
func TestProxiedMembers(t *testing.T) {
	t.Parallel()
	rs := mongotest.New(t, mongotest.Options{Members: 3, Proxied: true})
	old, err := rs.Primary(t.Context())
	require.NoError(t, err)
	require.NoError(t, insert(t.Context(), rs.Client(t, mongotest.App), 1))
	old.Proxy().Cut()
	require.Eventually(t, func() bool {
		primary, err := rs.Primary(t.Context())
		return err == nil && primary != old
	}, patience, 10*time.Millisecond, "the others elect one of themselves")
	require.NoError(t, old.Proxy().Heal())
}

const patience = 30 * time.Second

func insertWithin(t *testing.T, client *mongo.Client, limit time.Duration, id int) error {
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	return insert(ctx, client, id)
}

func hostsInHello(t *testing.T, client *mongo.Client) []string {
	t.Helper()
	var answer struct{ Hosts []string }
	require.NoError(t, client.Database("admin").RunCommand(t.Context(), bson.D{{Key: "hello", Value: 1}}).Decode(&answer))
	return answer.Hosts
}
