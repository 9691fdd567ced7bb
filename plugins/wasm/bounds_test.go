package wasm

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/plugins/conformance"
)

// table is one with or without a maximum; growTable grows it, and leaves its size before that, or -1, on the stack.
func table(initial int, most ...int) []byte {
	limits := cat(op(byte(len(most))), leb(initial))
	for _, n := range most {
		limits = append(limits, leb(n)...)
	}
	return cat(op(0x70), limits)
}

func growTable(which byte, by int) []byte { return cat(op(0xd0, 0x70), i(by), op(0xfc, 0x0f, which)) }

// Tables grow up to the bound and not beyond, whatever maximum they are declared with; the module is told so and goes on.
func TestTablesAreCapped(t *testing.T) {
	everywhere(t, func(t *testing.T, opts Options) {
		for name, declared := range map[string][]byte{"without a maximum": table(10), "with a large one": table(10, 1<<32-1)} {
			m := hostile(fine, growTable(0, 150_000_000), unless(-1),
				growTable(0, maxEntries-10), unless(10), growTable(0, 1), unless(-1), say(textAt, len(fine)), i(0))
			m.tables = [][]byte{declared}
			_, err := evaluate(t, m, opts, conformance.Host{}, time.Minute)
			require.NoError(t, err, name)
		}
		m := hostile(fine, growTable(0, 6), unless(-1), growTable(0, 5), unless(0), // its own maximum
			growTable(1, maxEntries/2), unless(-1), growTable(1, maxEntries/2-4), unless(8), say(textAt, len(fine)), i(0))
		m.tables = [][]byte{table(0, 5), table(8)}
		_, err := evaluate(t, m, opts, conformance.Host{}, time.Minute)
		require.NoError(t, err, "two tables share what is left")
	})
}

func sections(parts ...[]byte) []byte { return append([]byte(preamble), cat(parts...)...) }

// vector is a section that says that it has n entries.
func vector(id byte, n int, content ...byte) []byte {
	content = cat(leb(n), content)
	return cat(op(id), leb(len(content)), content)
}

func TestWhatAsksForTooMuchIsRefused(t *testing.T) {
	const most = 1<<32 - 1
	body := func(locals ...int) []byte {
		code := leb(len(locals))
		for _, n := range locals {
			code = cat(code, leb(n), op(typeI32))
		}
		return cat(leb(len(code)+1), code, op(opEnd))
	}
	greedy := make([][]byte, 1+maxLocals/maxLocalsOfOne)
	for n := range greedy {
		greedy[n] = body(maxLocalsOfOne)
	}
	many := make([][]byte, maxTables+1)
	for n := range many {
		many[n] = table(0)
	}
	passive := func(n int) []byte { return cat(op(1, 0), leb(n), make([]byte, n)) }
	cases := map[string]struct {
		code []byte
		says string
	}{
		"a huge table":                    {sections(section(4, [][]byte{table(1 << 27)})), "table section: tables of 134217728 entries, more than 100000"},
		"tables that are huge together":   {sections(section(4, [][]byte{table(60_000), table(60_000)})), "tables of 120000 entries"},
		"many tables":                     {sections(section(4, many)), "101 tables, more than 100"},
		"a table with a first value":      {sections(section(4, [][]byte{cat(op(0x40, 0), table(1))})), "0x40 is not of WebAssembly 2.0"},
		"a table of a typed reference":    {sections(section(4, [][]byte{op(0x63, 0x70, 0, 0)})), "0x63 is not of WebAssembly 2.0"},
		"a shared table":                  {sections(section(4, [][]byte{op(0x70, 3, 0, 0)})), "limits 0x03 is not of WebAssembly 2.0"},
		"an imported table":               {sections(section(2, [][]byte{cat(name("a"), name("b"), op(1), table(0))})), "imports a table"},
		"an imported memory":              {sections(section(2, [][]byte{cat(name("a"), name("b"), op(2, 0, 1))})), "imports a memory"},
		"an imported global":              {sections(section(2, [][]byte{cat(name("a"), name("b"), op(3, typeI32, 0))})), "what is not a function"},
		"two memories":                    {sections(section(5, [][]byte{op(0, 1), op(0, 1)})), "at most one memory"},
		"types that are not there":        {sections(vector(1, most)), "type section: 4294967295 entries"},
		"parameters that are not there":   {sections(vector(1, 1, cat(op(typeFunc), leb(most))...)), "type section: 4294967295 entries"},
		"imports that are not there":      {sections(vector(2, most)), "import section: 4294967295 entries"},
		"functions that are not there":    {sections(vector(3, most)), "function section: 4294967295 entries"},
		"globals that are not there":      {sections(vector(6, most)), "global section: 4294967295 entries"},
		"exports that are not there":      {sections(vector(7, most)), "export section: 4294967295 entries"},
		"a name that is not there":        {sections(vector(7, 1, leb(most)...)), "export section: 4294967295 bytes where 0 are left"},
		"elements that are not there":     {sections(vector(9, 1, cat(op(1, 0), leb(most))...)), "element section: 4294967295 entries"},
		"many elements":                   {sections(section(9, [][]byte{passive(60_000), passive(60_000)})), "more than 100000 elements"},
		"bodies that are not there":       {sections(vector(10, most)), "code section: 4294967295 entries"},
		"a function of many locals":       {sections(section(10, [][]byte{body(25_000, 25_001)})), "function of 50001 locals"},
		"many functions of many locals":   {sections(section(10, greedy)), "8050000 with those before it"},
		"data that is not there":          {sections(vector(11, 1, cat(op(1), leb(most))...)), "data section: 4294967295 bytes where 0 are left"},
		"a section that is not there":     {sections(op(1), leb(most)), "type section: 4294967295 bytes where 0 are left"},
		"a section of another version":    {sections(op(13, 0)), "section 13 is not of WebAssembly 2.0"},
		"a number that does not end":      {sections(op(1, 6, 0x80, 0x80, 0x80, 0x80, 0x80, 0)), "does not end"},
		"a section with something behind": {sections(vector(3, 0, 0)), "1 bytes too many"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Load(t.Context(), c.code, Options{})
			require.ErrorContains(t, err, "compile: ")
			require.ErrorContains(t, err, c.says)
		})
	}
}

// What is in order stays as it is, but for the maximum of its tables and for sections that do nothing.
func TestOnlyTablesAndCustomSectionsAreTouched(t *testing.T) {
	m := hostile(fine, say(textAt, len(fine)), i(0))
	plain := m.bytes()
	custom := section(0, [][]byte{name("dwarf")})
	got, err := bound(cat(plain[:len(preamble)], custom, plain[len(preamble):], custom))
	require.NoError(t, err)
	require.Equal(t, plain, got)
	m.tables = [][]byte{table(7684), table(1, 1), cat(op(0x6f), table(0)[1:])} // the last one holds what the host gives out
	got, err = bound(m.bytes())
	require.NoError(t, err)
	const room = (maxEntries - 7685) / 3
	m.tables = [][]byte{table(7684, 7684+room), table(1, 1), cat(op(0x6f), table(0, room)[1:])}
	require.Equal(t, m.bytes(), got)
}

// FuzzBound: whatever the bytes are, they are refused or become a module in which there is nothing left to bound.
func FuzzBound(f *testing.F) {
	m := hostile(fine, say(textAt, len(fine)), i(0))
	m.tables = [][]byte{table(3), table(1, 2)}
	f.Add(m.bytes())
	f.Add(sections(section(0, [][]byte{name("x")}), section(6, [][]byte{cat(op(typeI32, 1), i(-5), op(opEnd))}), section(9, [][]byte{
		cat(op(0), i(0), op(opEnd, 1, 0)), op(1, 0, 1, 0), cat(op(2, 1), i(0), op(opEnd, 0, 1, 0)), op(3, 0, 1, 0),
		cat(op(4), i(0), op(opEnd, 1, 0xd2, 0, opEnd)), op(5, 0x70, 1, 0xd0, 0x70, opEnd),
		cat(op(6, 1), i(0), op(opEnd, 0x6f, 1, 0xd0, 0x6f, opEnd)), op(7, 0x70, 0)}), op(12, 1, 1),
		section(11, [][]byte{op(1, 1, 0), cat(op(2, 0, 0x23, 0, opEnd), name("x"))})))
	f.Fuzz(func(t *testing.T, code []byte) {
		once, err := bound(code)
		if err != nil {
			return
		}
		require.LessOrEqual(t, len(once), len(code)+5*maxTables+16, "more than the maxima and longer sizes")
		twice, err := bound(once)
		require.NoError(t, err)
		require.True(t, bytes.Equal(once, twice))
	})
}
