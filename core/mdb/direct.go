package mdb

import (
	"reflect"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// directSelection is how long a direct connection waits for its one server.
// There is no election to sit out: a member that does not answer is away.
const directSelection = 3 * time.Second

// Direct prepares a connection to one member by its host:port, whatever its
// role, with the cluster's credentials, TLS and concerns. Reads are allowed on
// a secondary: the driver sends primaryPreferred with every command of a direct
// connection. The caller closes it. It works for a cluster that was found
// through a DNS seed list (mongodb+srv) too.
func (c *Cluster) Direct(host string) (*Cluster, error) {
	opts := withoutURI(c.opts).SetHosts([]string{host}).SetDirect(true).
		SetServerSelectionTimeout(directSelection)
	opts.ReplicaSet, opts.SRVMaxHosts, opts.SRVServiceName = nil, nil, nil
	return dial(c.name+" member "+host, opts)
}

// withoutURI copies what was set, but not the URI that set it: options remember
// theirs in a field that no setter reaches, and with mongodb+srv in it the
// driver refuses every direct connection.
func withoutURI(opts *options.ClientOptions) *options.ClientOptions {
	plain := options.Client()
	from, to := reflect.ValueOf(opts).Elem(), reflect.ValueOf(plain).Elem()
	for i := range from.NumField() {
		if to.Field(i).CanSet() {
			to.Field(i).Set(from.Field(i))
		}
	}
	return plain
}
