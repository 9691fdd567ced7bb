package applier

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// toy is a document as a toy destination holds it: the type of its id, and the
// numbers of the changes it consists of. Empty means that there is none.
type toy struct {
	kind  bson.Type
	parts string
}

// toys are a destination of one collection, by the value of the id.
type toys map[int32]toy

func (s toys) do(k kind, id value, parts ...string) {
	n := number(id)
	switch k {
	case insert, replace:
		s[n] = toy{id.kind, parts[0]}
	case remove:
		delete(s, n)
	case update:
		if doc, there := s[n]; there {
			for _, p := range parts {
				doc.parts += p
			}
			s[n] = doc
		}
	}
}

// number is the value of an id, an int32 or a whole double.
func number(id value) int32 {
	if n, ok := id.raw().AsInt64OK(); ok {
		return int32(n)
	}
	panic("no whole number")
}

func body(t testing.TB, id value, part string) bson.Raw {
	return marshal(t, bson.D{{Key: "_id", Value: id.raw()}, {Key: "p", Value: part}})
}

func partOf(doc bson.Raw) string { return doc.Lookup("p").StringValue() }

// run carries out a plan as the worker and the server do.
func (s toys) run(p *plan) {
	for _, c := range p.collections {
		for _, st := range c.stages {
			for _, o := range slices.Concat(st.inserts, st.updates, st.deletes) {
				parts := []string{}
				for _, delta := range o.deltas {
					parts = append(parts, partOf(delta))
				}
				if o.doc != nil {
					parts = append(parts, partOf(o.doc))
				}
				s.do(o.kind, o.id, parts...)
			}
		}
	}
}

// TestStagesKeepOrder tries every sequence of up to four changes of two
// documents, one of whose ids comes in two types, and many longer ones, on every
// destination that the documents can be met in, and compares with one change
// after the other.
func TestStagesKeepOrder(t *testing.T) {
	const every, longest, longer = 4, 12, 20_000
	ids := []value{valueOf(t, int32(7)), valueOf(t, 7.0), valueOf(t, int32(8))}
	kinds := []kind{insert, update, replace, remove}
	tgt := &target{}
	choices := len(ids) * len(kinds)
	all := make([][]change, longest) // by place and choice
	for n := range all {
		for c := range choices {
			id := ids[c%len(ids)]
			one := change{number: int64(n), target: tgt, kind: kinds[c/len(ids)], id: id, body: body(t, id, fmt.Sprint(n))}
			one.key, _ = keyOf(tgt, id, nil)
			all[n] = append(all[n], one)
		}
	}
	var try func(changes []change)
	try = func(changes []change) {
		checkOrder(t, changes)
		if len(changes) < every {
			for c := range choices {
				try(append(changes, all[len(changes)][c]))
			}
		}
	}
	try(nil)
	random := rand.New(rand.NewPCG(8, 8))
	for range longer {
		var changes []change
		for n := range every + 1 + random.IntN(longest-every) {
			changes = append(changes, all[n][random.IntN(choices)])
		}
		checkOrder(t, changes)
	}
}

func checkOrder(t *testing.T, changes []change) {
	p := arrange(changes)
	for _, start := range []toys{{}, {7: {bson.TypeDouble, "x"}, 8: {bson.TypeInt32, "x"}}} {
		want, got := maps.Clone(start), maps.Clone(start)
		for i := range changes {
			want.do(changes[i].kind, changes[i].id, partOf(changes[i].body))
		}
		if got.run(p); !maps.Equal(want, got) {
			t.Fatalf("%s: want %v, got %v", story(changes), want, got)
		}
	}
}

func story(changes []change) (s string) {
	for _, c := range changes {
		s += fmt.Sprintf("%s(%v) ", []string{"insert", "update", "replace", "remove"}[c.kind], c.id.raw())
	}
	return s
}

func valueOf(t testing.TB, v any) value {
	found, ok := field(marshal(t, bson.D{{Key: "v", Value: v}}), "v")
	require.True(t, ok)
	return found
}

// changesOf makes changes of one collection: each a kind and an id.
func changesOf(t testing.TB, tgt *target, kindsAndIDs ...any) []change {
	var out []change
	for i := 0; i < len(kindsAndIDs); i += 2 {
		c := change{number: int64(i), target: tgt, kind: kindsAndIDs[i].(kind), id: valueOf(t, kindsAndIDs[i+1])}
		c.body = body(t, c.id, fmt.Sprint(i))
		c.key, _ = keyOf(tgt, c.id, nil)
		out = append(out, c)
	}
	return out
}

// summary is a plan in words: each stage's ids by command.
func summary(p *plan) (out []string) {
	for _, c := range p.collections {
		for _, s := range c.stages {
			out = append(out, words("i", s.inserts)+words("u", s.updates)+words("d", s.deletes))
		}
	}
	return out
}

func words(name string, ops []*op) string {
	if len(ops) == 0 {
		return ""
	}
	for _, o := range ops {
		name += fmt.Sprintf(" %d", number(o.id))
		if len(o.deltas) > 1 {
			name += fmt.Sprintf("x%d", len(o.deltas))
		}
	}
	return name + ";"
}

func TestStages(t *testing.T) {
	free, ordered := &target{}, &target{ordered: true}
	for name, c := range map[string]struct {
		target  *target
		changes []any
		want    []string
	}{
		"different documents share a stage": {free, []any{insert, 1, update, 2, remove, 3, insert, 4}, []string{"i 1 4;u 2;d 3;"}},
		"one document in the stage's order": {free, []any{insert, 1, update, 1}, []string{"i 1;u 1;"}},
		"an inserted one that is changed":   {free, []any{insert, 1, update, 1, replace, 1}, []string{"i 1;"}},
		"deltas become one statement":       {free, []any{update, 1, update, 2, update, 1, update, 1}, []string{"u 1x3 2;"}},
		"a delete makes all needless":       {free, []any{insert, 1, update, 1, replace, 1, remove, 1}, []string{"d 1;"}},
		"deleted and inserted":              {free, []any{remove, 1, insert, 1, update, 1}, []string{"u 1 1;"}},
		"equal ids of two types":            {free, []any{remove, 7, insert, 7.0, update, 7.0, remove, 7.0, insert, 7}, []string{"d 7;", "i 7;u 7;d 7;", "i 7;"}},
		"capped, nothing is merged":         {ordered, []any{insert, 1, insert, 2, remove, 1, insert, 1}, []string{"i 1 2;d 1;", "i 1;"}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, summary(arrange(changesOf(t, c.target, c.changes...))))
		})
	}
}

func TestDeltaStagesAreBounded(t *testing.T) {
	var changes []any
	for range 2*deltaStages + 1 {
		changes = append(changes, update, 1)
	}
	p := arrange(changesOf(t, &target{}, changes...))
	require.Equal(t, []string{fmt.Sprintf("u 1x%d 1x%d 1;", deltaStages, deltaStages)}, summary(p))
}

func TestDeltasThatShareAStatementAreBoundedInBytes(t *testing.T) {
	changes := changesOf(t, &target{}, update, 1, update, 1, update, 1)
	for i := range changes {
		changes[i].body = make(bson.Raw, deltaBytes/2)
	}
	require.Equal(t, []string{"u 1x2 1;"}, summary(arrange(changes)))
}
