package sdk

import (
	"encoding/json"
	"math/rand"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fill puts something into every field, so that one which the decoder forgets shows as a difference.
func fill(rng *rand.Rand, v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(rng.Int63n(1e9)+1, rng.Int63n(1e9)).UTC()))
			return
		}
		for i := range v.NumField() {
			fill(rng, v.Field(i), depth)
		}
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			v.Set(reflect.ValueOf(json.RawMessage(`{"a":[1,{"b":"]}\""}],"c":null}`)))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1+rng.Intn(2), 3))
		for i := range v.Len() {
			fill(rng, v.Index(i), depth+1)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(rng, v.Elem(), depth)
	case reflect.String:
		v.SetString([]string{"plain", `quo"te\`, "ümläut\u2028<&>", " \t\n", "\x7f"}[rng.Intn(5)])
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(rng.Int63n(1<<40) + 1)
	case reflect.Uint32:
		v.SetUint(uint64(rng.Uint32()) | 1)
	case reflect.Float64:
		v.SetFloat(rng.Float64() + 0.5)
	default:
		panic("no way to fill " + v.Type().String())
	}
}

func TestDecodeRequestReadsEveryField(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	for range 200 {
		var want Request
		fill(rng, reflect.ValueOf(&want).Elem(), 0)
		doc, err := json.Marshal(want)
		require.NoError(t, err)
		indented, err := json.MarshalIndent(want, " ", "\t")
		require.NoError(t, err)
		for _, form := range [][]byte{doc, indented} {
			got, err := DecodeRequest(form)
			require.NoError(t, err, "%s", form)
			var standard Request
			require.NoError(t, json.Unmarshal(form, &standard))
			require.Equal(t, &standard, got)
		}
	}
}

func TestDecodeRequestPassesOverWhatIsNew(t *testing.T) {
	got, err := DecodeRequest([]byte(`{"new":{"a":[1,"}",{"b":null}],"c":true},"component":"x","facts":{"more":[[]],"versions":null,"options":{"known":true,"z":-1.5e3}},"sync":null}`))
	require.NoError(t, err)
	require.Equal(t, &Request{Component: "x", Facts: Facts{Options: Options{Known: true}}}, got)
	got, err = DecodeRequest([]byte(` {} `))
	require.NoError(t, err)
	require.Equal(t, &Request{}, got)
}

func TestDecodeRequestRefusesWhatIsNotJSON(t *testing.T) {
	for _, doc := range []string{``, `null`, `[]`, `{`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{"component":1}`, `{"component":"x`, `{"dryRun":"yes"}`,
		`{"dryRun":1}`, `{} {}`, `{}x`, `{"now":"yesterday"}`, `{"sync":{"epoch":"1"}}`, `{"sync":{"epoch":1.5}}`, `{"sync":[]}`, `{"component":nil}`,
		`{"component":"\x"}`, `{"facts":{"versions":{"source":{"versionArray":[1,]}}}}`, `{"component":"x" "phase":"y"}`, strings.Repeat(`{"a":`, 100)} {
		_, err := DecodeRequest([]byte(doc))
		require.Error(t, err, "%s", doc)
	}
}

// FuzzDecodeRequest: no input makes it panic or hang, and what encoding/json writes it reads.
func FuzzDecodeRequest(f *testing.F) {
	f.Add([]byte(`{"component":"x","facts":{"rights":{"source":{"privileges":[{"resource":{"system_buckets":""},"actions":["a"]}]}}}}`))
	f.Add([]byte(`{"a":[{"b":"\\\""}],"config":{"k":[1,2]}}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		var standard Request
		if json.Unmarshal(doc, &standard) != nil {
			_, _ = DecodeRequest(doc) // must only return
			return
		}
		again, err := json.Marshal(standard)
		if err != nil {
			return // a year that JSON cannot hold
		}
		var fresh Request
		require.NoError(t, json.Unmarshal(again, &fresh))
		want, err := json.Marshal(fresh)
		require.NoError(t, err)
		read, err := DecodeRequest(again)
		require.NoError(t, err)
		got, err := json.Marshal(read)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
	})
}
