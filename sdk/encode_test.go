package sdk

import (
	"encoding/json"
	"maps"
	"math"
	"math/rand"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// evidence has a value of each type that the writer knows, and those that it does not know and this build takes.
func evidence() map[string]any {
	known := map[string]any{
		"nil": nil, "yes": true, "text": "<a&b>", "int": -5, "long": int64(1) << 60, "at": Timestamp{T: 7, I: 8},
		"numbers": []any{0.0, 1.5, -2e-7, 1e-10, 1e21, 123456789.25, math.MaxFloat64, math.SmallestNonzeroFloat64, 1e-6, float64(1 << 53)},
		"texts":   []string{"b", "a"}, "none": []string{}, "doc": map[string]any{"z": 1, "a": []any{}}, "empty": map[string]any{},
		"key<\u2028": 1,
	}
	maps.Copy(known, otherEvidence)
	return known
}

func TestEncodeResponseWritesWhatTheLibraryWould(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	for range 100 {
		var f [4]Finding
		for i := range f {
			for _, field := range []any{&f[i].Code, &f[i].Severity, &f[i].Message, &f[i].Remediation, &f[i].Resource, &f[i].Docs} {
				if rng.Intn(3) > 0 {
					fill(rng, reflect.ValueOf(field).Elem(), 0)
				}
			}
		}
		f[1].Evidence, f[2].Evidence = evidence(), map[string]any{}
		resp := &Response{Findings: f[:rng.Intn(5)]}
		if rng.Intn(2) > 0 {
			resp.Outputs = evidence()
		}
		want, err := json.Marshal(resp)
		require.NoError(t, err)
		got, err := EncodeResponse(resp)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
	}
	got, err := EncodeResponse(&Response{})
	require.NoError(t, err)
	require.Equal(t, `{"findings":[]}`, string(got), "it is never null")
}

func TestEncodeResponseRefusesWhatIsNotJSON(t *testing.T) {
	for _, v := range []any{math.NaN(), math.Inf(-1), func() {}, []any{1, make(chan int)}, map[string]any{"a": map[string]any{"b": math.NaN()}}} {
		_, err := EncodeResponse(&Response{Findings: []Finding{Infof("A", "a").Because("k", v)}})
		require.Error(t, err)
	}
}

func TestEncodeDescriptorWritesWhatTheLibraryWould(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	for range 100 {
		var d Descriptor
		fill(rng, reflect.ValueOf(&d).Elem(), 0)
		d.Components = append(d.Components, Component{Phases: []Phase{}})
		want, err := json.Marshal(d)
		require.NoError(t, err)
		got, err := EncodeDescriptor(d)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
	}
}

func TestEncodeStatus(t *testing.T) {
	want, err := json.Marshal(Statusf(CodeNotFound, "no \"x\""))
	require.NoError(t, err)
	require.Equal(t, string(want), string(EncodeStatus(Statusf(CodeNotFound, "no \"x\""))))
}

// Strings of every kind of byte are written and read as encoding/json does it.
func TestStrings(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	pieces := []string{"a", "\"", "\\", "/", "\x00", "\x1f", "\x7f", "\x80", "\xff", "\n", "\r", "\t", "\b", "\f", "<", ">", "&", "ü", "\u2028", "\u2029", "\ufffd", "😀", "\xed\xa0\x80"}
	escapes := append([]string{`\"`, `\\`, `\/`, `\b`, `\f`, `\n`, `\r`, `\t`, `\u00e4`, `\uD83D\uDE00`, `\ud83d`, `\uDE00`, `\ud83dx`, `\ud83d\u0041`, `\u2028`}, "a", "ü", "\xff", "😀")
	for range 5000 {
		text, literal := "", ""
		for range rng.Intn(6) {
			text += pieces[rng.Intn(len(pieces))]
			literal += escapes[rng.Intn(len(escapes))]
		}
		w := &writer{}
		w.str(text)
		want, err := json.Marshal(text)
		require.NoError(t, err)
		require.Equal(t, string(want), string(w.doc))

		var standard string
		require.NoError(t, json.Unmarshal([]byte(`"`+literal+`"`), &standard))
		r := &reader{data: `"` + literal + `"`}
		require.Equal(t, standard, r.str(), literal)
		require.NoError(t, r.err)
	}
	for _, bad := range []string{`"\u12"`, `"\u12g4"`, `"\x"`, `"\`, `"\"`, `"\u+123"`} {
		r := &reader{data: bad}
		r.str()
		require.Error(t, r.err, bad)
	}
}

func TestTimes(t *testing.T) {
	for _, text := range []string{"2026-01-02T03:04:05Z", "2026-01-02T03:04:05.1Z", "2026-12-31T23:59:59.123456789Z", "2024-02-29T00:00:00Z",
		"2026-01-02T03:04:05+01:30", "2026-01-02T03:04:05.5-23:59", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "2026-01-02T03:04:05+00:00",
		"2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-32T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-02T24:00:00Z",
		"2026-01-02T03:60:05Z", "2026-01-02T03:04:60Z", "2026-01-02T03:04:05", "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05Z ", "2026-01-02 03:04:05Z",
		"2026-01-02T03:04:05+0100", "2026-01-02T03:04:05z", "26-01-02T03:04:05Z", "2026-1-02T03:04:05Z",
		"2026-01-02T03:04:05+1:00", "", "Z", "yesterday", "2026-01-02T03:04:05.5", "2026-01-02T03:04:05++1:00"} {
		var want time.Time
		err := want.UnmarshalText([]byte(text))
		got, ok := parseTime(text)
		require.Equal(t, err == nil, ok, text)
		if ok {
			require.Equal(t, want.Format(time.RFC3339Nano), got.Format(time.RFC3339Nano))
			require.True(t, want.Equal(got), text)
		}
	}
}
