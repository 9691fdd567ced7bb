package cases_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/cases"
)

func TestValues(t *testing.T) {
	for text, want := range map[string]any{
		`{a: 1}`:                  int32(1),
		`{a: "b, c: 1}"}`:         "b, c: 1}",
		`{"a": -1e-10}`:           -1e-10,
		`{a: long(7)}`:            int64(7),
		`{a: double(7)}`:          7.0,
		`{a: Infinity}`:           math.Inf(1),
		`{a: MinKey}`:             bson.MinKey{},
		`{a: date(-5)}`:           bson.DateTime(-5),
		`{a: ts(1, 2)}`:           bson.Timestamp{T: 1, I: 2},
		`{a: symbol("x")}`:        bson.Symbol("x"),
		`{a: regex("^x", "i")}`:   bson.Regex{Pattern: "^x", Options: "i"},
		`{a: binary(80, "AQI=")}`: bson.Binary{Subtype: 0x80, Data: []byte{1, 2}},
		`{a: pad(3)}`:             "xxx",
		`{a: list(2)}`:            bson.A{int32(0), int32(1)},
		`{a: [null, true, {$x: 1, "": undefined}]}`: bson.A{nil, true, bson.D{{Key: "$x", Value: int32(1)}, {Key: "", Value: bson.Undefined{}}}},
	} {
		doc, err := cases.Document(text)
		require.NoError(t, err, text)
		require.Equal(t, bson.D{{Key: "a", Value: want}}, doc, text)
	}
	zero, err := cases.Document(`{a: -0.0}`)
	require.NoError(t, err)
	require.True(t, math.Signbit(zero[0].Value.(float64)))
	for _, text := range []string{`{a: 1`, `{a: "x}`, `[1]`, `{a: what(1)}`, `{a: }`, `{a 1}`, ``} {
		_, err := cases.Document(text)
		require.Error(t, err, text)
	}
}

func TestParse(t *testing.T) {
	c, err := cases.Parse("x", "# stake\n\nruns: copy\n-- before\ninsert d.c {a: \"b c\"}\n  {b: [1, 2]}\n# a remark\n-- during\n")
	require.NoError(t, err)
	require.Equal(t, "stake", c.Stake)
	require.Equal(t, []string{"copy"}, c.Runs())
	require.Equal(t, "no", c.Replay())
	require.Equal(t, []cases.Statement{{Line: 5, Text: `insert d.c {a: "b c"} {b: [1, 2]}`, Words: []string{"insert", "d.c", `{a: "b c"}`, "{b: [1, 2]}"}}}, c.Sections["before"])
	for text, because := range map[string]string{
		"-- before\n":              "at stake",
		"# x\n-- behind\n":         "unknown section",
		"# x\nrun: copy\n":         "unknown header",
		"# x\n-- before\ninsert {": "not closed",
	} {
		_, err := cases.Parse("x", text)
		require.ErrorContains(t, err, because)
	}
}

// TestEveryFileIsWhole: each case has a stake, a known beginning of its name, and
// something that it does.
func TestEveryFileIsWhole(t *testing.T) {
	all, err := cases.Load("testdata")
	require.NoError(t, err)
	probes := map[string]bool{}
	for _, c := range all {
		require.Regexp(t, `^(P\d\d|R|H)-[a-z0-9-]+$`, c.Name)
		require.NotEmpty(t, append(c.Sections["before"], c.Sections["script"]...), c.Name)
		probes[strings.SplitN(c.Name, "-", 2)[0]] = true
	}
	require.Len(t, probes, 14+2, "P01 to P14, R and H")
}
