package guest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/sdk"
)

// FuzzPipeline: whatever a module sends, what gets through is a pipeline of listed stages and has none of the forbidden
// keys, no code and no other collection than named ones, as the driver reads it.
func FuzzPipeline(f *testing.F) {
	for _, c := range smuggled {
		if c.template == aStage {
			f.Add(`[` + c.bad + `]`)
			f.Add(`[` + c.good + `]`)
		}
	}
	f.Fuzz(func(t *testing.T, doc string) {
		if !json.Valid([]byte(doc)) || strings.TrimSpace(doc) == "null" {
			return
		}
		var got []sent
		_, err := reader(recorder(exhausted, &got)).Call(t.Context(), sdk.OpAggregate, json.RawMessage(strings.Replace(aPipeline, "%", doc, 1)))
		if len(got) == 0 {
			require.Error(t, err)
			return
		}
		var cmd bson.D
		if bson.UnmarshalExtJSON(got[0].cmd, false, &cmd) != nil {
			return // nor does the engine send it
		}
		requireHarmless(t, cmd)
		for _, e := range cmd {
			if e.Key == "pipeline" {
				requireListed(t, e.Value)
			}
		}
	})
}

func requireHarmless(t *testing.T, v any) {
	switch v := v.(type) {
	case bson.D:
		seen := map[string]bool{}
		for _, e := range v {
			require.NotContains(t, []string{"$out", "$merge", "$function", "$accumulator", "$where", "$code", "$scope"}, e.Key)
			require.False(t, strings.HasPrefix(e.Key, "$_internal"), e.Key)
			require.False(t, seen[e.Key] || strings.Contains(e.Key, "\x00"), "%q", e.Key)
			seen[e.Key] = true
			requireHarmless(t, e.Value)
		}
	case bson.A:
		for _, item := range v {
			requireHarmless(t, item)
		}
	case bson.JavaScript, bson.CodeWithScope:
		t.Fatalf("code: %v", v)
	}
}

// requireListed goes through a pipeline as the server does.
func requireListed(t *testing.T, pipeline any) {
	for _, stage := range pipeline.(bson.A) {
		d := stage.(bson.D)
		require.Len(t, d, 1)
		require.Contains(t, Stages(), d[0].Key)
		inside, _ := d[0].Value.(bson.D)
		for _, e := range inside {
			switch {
			case d[0].Key == "$facet", e.Key == "pipeline" && (d[0].Key == "$lookup" || d[0].Key == "$unionWith"):
				requireListed(t, e.Value)
			case (e.Key == "from" || e.Key == "coll") && (d[0].Key == "$lookup" || d[0].Key == "$graphLookup" || d[0].Key == "$unionWith"):
				require.False(t, strings.HasPrefix(e.Value.(string), "system."))
			}
		}
	}
}
