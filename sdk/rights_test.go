package sdk

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The rules are the server's: finds on collections of every sort were tried on 6.0.5 by users with one privilege each.
func TestMay(t *testing.T) {
	buckets := func(name string) Pattern { return Pattern{SystemBuckets: &name} }
	cases := map[string]struct {
		have, need Pattern
		want       bool
	}{
		"any resource, cluster":                  {Pattern{AnyResource: true}, Pattern{Cluster: true}, true},
		"any resource, system collection":        {Pattern{AnyResource: true}, Pattern{DB: "config", Collection: "system.x"}, true},
		"cluster, cluster":                       {Pattern{Cluster: true}, Pattern{Cluster: true}, true},
		"cluster, data":                          {Pattern{Cluster: true}, Pattern{}, false},
		"data, cluster":                          {Pattern{}, Pattern{Cluster: true}, false},
		"everything normal, everything normal":   {Pattern{}, Pattern{}, true},
		"everything normal, any resource":        {Pattern{}, Pattern{AnyResource: true}, false},
		"one database, everything normal":        {Pattern{DB: "a"}, Pattern{}, false},
		"one collection name, everything normal": {Pattern{Collection: "c"}, Pattern{}, false},
		"everything normal, one collection":      {Pattern{}, Pattern{DB: "a", Collection: "c"}, true},
		"everything normal, config":              {Pattern{}, Pattern{DB: "config", Collection: "shards"}, false},
		"everything normal, local":               {Pattern{}, Pattern{DB: "local", Collection: "oplog.rs"}, false},
		"everything normal, system collection":   {Pattern{}, Pattern{DB: "a", Collection: "system.js"}, false},
		"config, config":                         {Pattern{DB: "config"}, Pattern{DB: "config", Collection: "shards"}, true},
		"config, system collection of config":    {Pattern{DB: "config"}, Pattern{DB: "config", Collection: "system.sessions"}, false},
		"one collection, that one":               {Pattern{DB: "a", Collection: "c"}, Pattern{DB: "a", Collection: "c"}, true},
		"one collection, its neighbour":          {Pattern{DB: "a", Collection: "c"}, Pattern{DB: "a", Collection: "d"}, false},
		"a system collection everywhere":         {Pattern{Collection: "system.js"}, Pattern{Collection: "system.js"}, true},
		"a system collection in one database":    {Pattern{Collection: "system.js"}, Pattern{DB: "a", Collection: "system.js"}, true},
		"all buckets, all buckets":               {buckets(""), buckets(""), true},
		"all buckets, some buckets":              {buckets(""), buckets("t"), true},
		"some buckets, all buckets":              {buckets("t"), buckets(""), false},
		"data, buckets":                          {Pattern{}, buckets(""), false},
		"buckets, data":                          {buckets(""), Pattern{}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := Rights{Privileges: []Privilege{{Resource: c.have, Actions: []string{"find"}}}}
			require.Equal(t, c.want, r.May("find", c.need))
			require.False(t, r.May("insert", c.need))
			r.Privileges[0].Actions = []string{"anyAction"}
			require.Equal(t, c.want, r.May("find", c.need))
		})
	}
	require.Equal(t, `{db: "a", collection: ""}`, Pattern{DB: "a"}.String())
	require.Equal(t, `{db: "", system_buckets: "t"}`, buckets("t").String())
}
