package schema

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func rawOf(t *testing.T, d bson.D) bson.Raw {
	t.Helper()
	b, err := bson.Marshal(d)
	require.NoError(t, err)
	return b
}

func fields(t *testing.T, doc bson.Raw) bson.D {
	t.Helper()
	require.NoError(t, doc.Validate())
	var d bson.D
	require.NoError(t, bson.Unmarshal(doc, &d))
	return d
}

type d = bson.D

var simple = d{{Key: "locale", Value: "simple"}}

func TestIndexForms(t *testing.T) {
	key := d{{Key: "a", Value: int32(1)}}
	base := func(more ...bson.E) bson.D {
		return append(d{{Key: "v", Value: int32(2)}, {Key: "key", Value: key}, {Key: "name", Value: "a"}}, more...)
	}
	for name, c := range map[string]struct {
		spec          bson.D
		collated      bool
		real, relaxed bson.D
	}{
		"plain":            {base(), false, base(), base()},
		"unique":           {base(bson.E{Key: "unique", Value: true}), false, base(bson.E{Key: "unique", Value: true}), base()},
		"unique by number": {base(bson.E{Key: "unique", Value: int32(1)}), false, base(bson.E{Key: "unique", Value: true}), base()},
		"not unique":       {base(bson.E{Key: "unique", Value: false}), false, base(bson.E{Key: "unique", Value: false}), base()},
		"unique by string": {base(bson.E{Key: "unique", Value: "yes"}), false, base(bson.E{Key: "unique", Value: true}), base()},
		"prepared":         {base(bson.E{Key: "prepareUnique", Value: true}), false, base(bson.E{Key: "prepareUnique", Value: true}), base()},
		"hidden":           {base(bson.E{Key: "hidden", Value: true}), false, base(bson.E{Key: "hidden", Value: true}), base()},
		"sparse by number": {base(bson.E{Key: "sparse", Value: 1.0}), false, base(bson.E{Key: "sparse", Value: true}), base(bson.E{Key: "sparse", Value: true})},
		"ttl":              {base(bson.E{Key: "expireAfterSeconds", Value: int64(7)}), false, base(bson.E{Key: "expireAfterSeconds", Value: int32(7)}), base(bson.E{Key: "expireAfterSeconds", Value: int32(ParkedTTL)})},
		"ttl nan":          {base(bson.E{Key: "expireAfterSeconds", Value: math.NaN()}), false, base(bson.E{Key: "expireAfterSeconds", Value: int32(ParkedTTL)}), base(bson.E{Key: "expireAfterSeconds", Value: int32(ParkedTTL)})},
		"ttl as text":      {base(bson.E{Key: "expireAfterSeconds", Value: "7"}), false, base(bson.E{Key: "expireAfterSeconds", Value: int32(ParkedTTL)}), base(bson.E{Key: "expireAfterSeconds", Value: int32(ParkedTTL)})},
		"ttl too large":    {base(bson.E{Key: "expireAfterSeconds", Value: 1e12}), false, base(bson.E{Key: "expireAfterSeconds", Value: int32(ParkedTTL)}), base(bson.E{Key: "expireAfterSeconds", Value: int32(ParkedTTL)})},
		"ns":               {base(bson.E{Key: "ns", Value: "a.b"}), false, base(), base()},
		"simple":           {base(), true, base(bson.E{Key: "collation", Value: simple}), base(bson.E{Key: "collation", Value: simple})},
		"collation":        {base(bson.E{Key: "collation", Value: d{{Key: "locale", Value: "de"}}}), true, base(bson.E{Key: "collation", Value: d{{Key: "locale", Value: "de"}}}), base(bson.E{Key: "collation", Value: d{{Key: "locale", Value: "de"}}})},
		"v1 in a collated": {d{{Key: "v", Value: int32(1)}, {Key: "key", Value: key}}, true, d{{Key: "v", Value: int32(1)}, {Key: "key", Value: key}}, d{{Key: "v", Value: int32(1)}, {Key: "key", Value: key}}},
		"old key": {d{{Key: "key", Value: d{{Key: "z", Value: int32(0)}, {Key: "n", Value: math.NaN()}, {Key: "e", Value: ""}, {Key: "b", Value: true}, {Key: "x", Value: d{}},
			{Key: "down", Value: int32(-1)}, {Key: "h", Value: "hashed"}, {Key: "half", Value: 0.5}}}}, false,
			d{{Key: "key", Value: d{{Key: "z", Value: int32(1)}, {Key: "n", Value: int32(1)}, {Key: "e", Value: int32(1)}, {Key: "b", Value: int32(1)}, {Key: "x", Value: int32(1)},
				{Key: "down", Value: int32(-1)}, {Key: "h", Value: "hashed"}, {Key: "half", Value: 0.5}}}}, nil},
	} {
		if c.relaxed == nil {
			c.relaxed = c.real
		}
		spec := rawOf(t, c.spec)
		require.Equal(t, c.real, fields(t, realIndex(spec, c.collated)), name)
		require.Equal(t, c.relaxed, fields(t, relaxedIndex(spec, c.collated)), name)
		require.Equal(t, c.relaxed, fields(t, relaxedIndex(relaxedIndex(spec, c.collated), c.collated)), name)
	}
}

func TestOptionForms(t *testing.T) {
	large := int64(RelaxedCappedSize)
	for name, c := range map[string]struct{ options, want bson.D }{
		"nothing":   {d{}, d{}},
		"capped":    {d{{Key: "capped", Value: true}, {Key: "size", Value: int32(9)}, {Key: "max", Value: int32(3)}}, d{{Key: "capped", Value: true}, {Key: "size", Value: large}}},
		"no capped": {d{{Key: "capped", Value: false}, {Key: "size", Value: int32(9)}}, d{}},
		"dropped":   {d{{Key: "uuid", Value: "u"}, {Key: "temp", Value: true}, {Key: "autoIndexId", Value: true}, {Key: "flags", Value: int32(1)}}, d{}},
		"clustered": {d{{Key: "clusteredIndex", Value: d{}}, {Key: "expireAfterSeconds", Value: int64(3)}}, d{{Key: "clusteredIndex", Value: d{}}}},
		"idIndex":   {d{{Key: "idIndex", Value: d{{Key: "v", Value: int32(1)}, {Key: "ns", Value: "a.b"}}}}, d{{Key: "idIndex", Value: d{{Key: "v", Value: int32(1)}}}}},
		"kept":      {d{{Key: "validator", Value: d{{Key: "a", Value: int32(1)}}}, {Key: "collation", Value: simple}}, d{{Key: "validator", Value: d{{Key: "a", Value: int32(1)}}}, {Key: "collation", Value: simple}}},
	} {
		require.Equal(t, c.want, fields(t, relaxedOptions(rawOf(t, c.options))), name)
	}
	require.Equal(t, d{}, fields(t, relaxedOptions(nil)))
}

// obey does to a form what the server does for a collMod (tried on 6.0.5).
func (f indexForm) obey(t *testing.T, change bson.D) indexForm {
	t.Helper()
	for _, e := range change {
		switch e.Key {
		case "hidden":
			f.hidden = e.Value.(bool)
		case "expireAfterSeconds":
			f.ttl, f.seconds = true, e.Value.(int32)
		case "prepareUnique":
			require.Len(t, change, 1, "it cannot be combined")
			f.prepareUnique = e.Value.(bool) && !f.unique
		case "unique":
			require.True(t, f.prepareUnique)
			f.unique, f.prepareUnique = true, false
		case "forceNonUnique":
			f.unique, f.prepareUnique = false, false
		default:
			require.Fail(t, e.Key)
		}
	}
	return f
}

// Every form can be led to relaxed, and from every form on the way to guarded
// and to the original; and where there is nothing to do, nothing is sent.
func TestFormChanges(t *testing.T) {
	var all []indexForm
	for bits := range 16 {
		f := indexForm{unique: bits&1 > 0, prepareUnique: bits&2 > 0, hidden: bits&4 > 0, ttl: bits&8 > 0}
		if f.ttl {
			f.seconds = 9
		}
		if !f.unique || !f.prepareUnique {
			all = append(all, f)
		}
	}
	lead := func(f, want indexForm) indexForm {
		for _, change := range f.changesTo(want) {
			f = f.obey(t, change)
		}
		require.Empty(t, f.changesTo(want))
		return f
	}
	for _, original := range all {
		relaxed := lead(original, original.relaxed())
		require.False(t, relaxed.unique || relaxed.prepareUnique || relaxed.hidden, "%+v", original)
		require.True(t, !relaxed.ttl || relaxed.seconds == ParkedTTL)
		guarded := lead(relaxed, original.guarded())
		require.Equal(t, original.unique || original.prepareUnique, guarded.prepareUnique)
		require.Equal(t, original, lead(guarded, original))
		require.Equal(t, original, lead(relaxed, original))
		require.Equal(t, relaxed, lead(guarded, original.relaxed()))
		require.Equal(t, original, lead(original, original.guarded()), "unique is more than guarded")
	}
}

func TestSameIndex(t *testing.T) {
	listed := rawOf(t, d{{Key: "v", Value: int32(2)}, {Key: "key", Value: d{{Key: "a", Value: int32(1)}}}, {Key: "name", Value: "a"}, {Key: "unique", Value: true}})
	event := rawOf(t, d{{Key: "unique", Value: int32(1)}, {Key: "v", Value: 2.0}, {Key: "key", Value: d{{Key: "a", Value: 1.0}}}, {Key: "name", Value: "a"}, {Key: "background", Value: true}})
	require.True(t, sameIndex(listed, event))
	for _, other := range []bson.E{
		{Key: "name", Value: "b"}, {Key: "unique", Value: false}, {Key: "key", Value: d{{Key: "a", Value: int32(-1)}}}, {Key: "sparse", Value: true},
		{Key: "collation", Value: simple}, {Key: "partialFilterExpression", Value: d{}}, {Key: "hidden", Value: true}, {Key: "expireAfterSeconds", Value: int32(1)},
		{Key: "weights", Value: d{}}, {Key: "wildcardProjection", Value: d{}},
	} {
		b := rawOf(t, d{other})
		require.False(t, sameIndex(listed, with(listed, other.Key, b.Lookup(other.Key))), other.Key)
	}
}

func TestEditing(t *testing.T) {
	doc := rawOf(t, d{{Key: "a", Value: int32(1)}, {Key: "b", Value: "x"}})
	require.Equal(t, d{{Key: "a", Value: true}, {Key: "b", Value: "x"}}, fields(t, with(doc, "a", boolean(true))))
	require.Equal(t, d{{Key: "a", Value: int32(1)}, {Key: "b", Value: "x"}, {Key: "c", Value: int64(9)}}, fields(t, with(doc, "c", int64Value(9))))
	require.Equal(t, d{{Key: "b", Value: "x"}}, fields(t, without(doc, "a", "z")))
	require.Equal(t, d{{Key: "a", Value: int32(1)}, {Key: "b", Value: "x"}}, fields(t, doc), "the original stays as it is")
}
