package mdb_test

import (
	"context"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/mongotest"
)

// A direct connection reads from a secondary, and is made with the cluster's
// credentials also when the cluster was found through a DNS seed list.
func TestDirect(t *testing.T) {
	rs := mongotest.New(t, mongotest.Options{Members: 3})
	primary, err := rs.Primary(t.Context())
	require.NoError(t, err)
	// Now the users are on every member.
	everywhere := bson.D{{Key: "insert", Value: "c"}, {Key: "documents", Value: bson.A{bson.D{}}}, {Key: "writeConcern", Value: bson.D{{Key: "w", Value: 3}}}}
	require.NoError(t, rs.Client(t, mongotest.Root).Database("app").RunCommand(t.Context(), everywhere).Err())
	for name, uri := range map[string]string{"plain": rs.URI(mongotest.Sync), "seed list": seedList(t, rs)} {
		t.Run(name, func(t *testing.T) {
			c, err := mdb.Connect("cluster0", uri)
			require.NoError(t, err)
			t.Cleanup(c.Close)
			_, err = c.Run(t.Context(), "admin", bson.D{{Key: "replSetGetConfig", Value: 1}}) // needs a login
			require.NoError(t, err)
			for _, m := range rs.Members() {
				d, err := c.Direct(m.Host())
				require.NoError(t, err)
				t.Cleanup(d.Close)
				hello, err := d.Run(t.Context(), "admin", bson.D{{Key: "hello", Value: 1}})
				require.NoError(t, err)
				require.Equal(t, m.Host(), hello.Lookup("me").StringValue())
				require.Equal(t, m == primary, hello.Lookup("isWritablePrimary").Boolean())
				_, err = d.All(t.Context(), "app", bson.D{{Key: "find", Value: "c"}})
				require.NoError(t, err)
			}
		})
	}
}

// seedList starts a DNS server for this process that knows one name, and gives
// the connection string with that name.
func seedList(t *testing.T, rs *mongotest.ReplicaSet) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan struct{})
	go func() { defer close(served); serveDNS(conn, rs) }()
	before := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	t.Cleanup(func() {
		net.DefaultResolver = before
		require.NoError(t, conn.Close())
		<-served
	})
	uri := url.URL{Scheme: "mongodb+srv", Host: "cluster.revsync.test", Path: "/", RawQuery: "tls=false",
		User: url.UserPassword(string(mongotest.Sync), mongotest.Sync.Password())}
	return uri.String()
}

// serveDNS answers until the connection is closed.
func serveDNS(conn net.PacketConn, rs *mongotest.ReplicaSet) {
	buf := make([]byte, 1500)
	for {
		n, from, err := conn.ReadFrom(buf)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		m.Response, m.Additionals = true, nil
		m.Answers = answers(m.Questions[0], rs)
		if reply, err := m.Pack(); err == nil {
			_, _ = conn.WriteTo(reply, from) // a lost answer is asked for again
		}
	}
}

func answers(q dnsmessage.Question, rs *mongotest.ReplicaSet) []dnsmessage.Resource {
	var bodies []dnsmessage.ResourceBody
	switch q.Type {
	case dnsmessage.TypeSRV:
		for _, host := range rs.Hosts() {
			port, _ := strconv.ParseUint(host[strings.LastIndex(host, ":")+1:], 10, 16)
			bodies = append(bodies, &dnsmessage.SRVResource{Target: dnsmessage.MustNewName("member.revsync.test."), Port: uint16(port)})
		}
	case dnsmessage.TypeTXT:
		bodies = append(bodies, &dnsmessage.TXTResource{TXT: []string{"replicaSet=" + rs.Name() + "&authSource=admin"}})
	case dnsmessage.TypeA:
		bodies = append(bodies, &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}})
	}
	var list []dnsmessage.Resource
	for _, b := range bodies {
		list = append(list, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60}, Body: b})
	}
	return list
}
