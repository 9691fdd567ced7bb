package wasm

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
)

// What a module may ask for beside its linear memory. wazero has no such limits: it would make a table of any size, and
// room for as many entries as a module says it has before it looks whether they are there.
const (
	// maxEntries is how many functions, types, imports and so on a module may have of each kind, how many elements
	// in its segments together, and how many its tables may hold together. A file of 16 MiB that was made by Go has some 40,000.
	maxEntries = 100_000
	// maxTables is how many tables a module may have; ordinary ones have one or two.
	maxTables = 100
	// maxLocals is how many local variables all functions together may have, and maxLocalsOfOne each of them.
	maxLocals      = 8_000_000
	maxLocalsOfOne = 50_000
)

// The sections of the binary format that are read here, by their places in sectionNames.
const (
	sectionCustom   = 0
	sectionType     = 1
	sectionImport   = 2
	sectionFunction = 3
	sectionTable    = 4
	sectionGlobal   = 6
	sectionExport   = 7
	sectionElement  = 9
	sectionCode     = 10
	sectionData     = 11
)

var sectionNames = []string{"custom", "type", "import", "function", "table", "memory", "global", "export", "start", "element", "code", "data", "data count"}

const preamble = "\x00asm\x01\x00\x00\x00"

// bound returns the module as wazero is to have it: with a maximum to each of its tables, since Go's linker and others
// write none, and without its custom sections, which hold names and debug information that nobody sees. It refuses modules
// that ask for too much, or for what WebAssembly 2.0 does not have. What has no preamble is returned as it is.
func bound(code []byte) ([]byte, error) {
	if !bytes.HasPrefix(code, []byte(preamble)) {
		return code, nil
	}
	r := &reader{rest: code[len(preamble):]}
	out := append(make([]byte, 0, len(code)+1<<10), preamble...)
	for len(r.rest) > 0 {
		id, content := r.oneByte(), r.take(r.number())
		if int(id) >= len(sectionNames) {
			return nil, fmt.Errorf("section %d is not of WebAssembly 2.0", id)
		}
		if r.err != nil {
			return nil, fmt.Errorf("%s section: %w", sectionNames[id], r.err)
		}
		if id == sectionCustom {
			continue
		}
		content, err := boundSection(id, content)
		if err != nil {
			return nil, fmt.Errorf("%s section: %w", sectionNames[id], err)
		}
		out = binary.AppendUvarint(append(out, id), uint64(len(content)))
		out = append(out, content...)
	}
	return out, nil
}

// boundSection returns what a section is to hold.
func boundSection(id byte, content []byte) ([]byte, error) {
	r := &reader{rest: content}
	switch id {
	case sectionType:
		r.each(r.functionType)
	case sectionImport:
		r.each(r.importedFunction)
	case sectionFunction:
		r.each(r.skipNumber)
	case sectionTable:
		content = r.tables()
	case sectionGlobal:
		r.each(func() { r.valueType(); r.oneByte(); r.skipConstant() })
	case sectionExport:
		r.each(func() { r.skipVector(); r.oneByte(); r.skipNumber() })
	case sectionElement:
		r.elements()
	case sectionCode:
		r.functions()
	case sectionData:
		r.each(r.dataSegment)
	default: // memory, start, data count: wazero bounds the first, and the others are one number
		return content, nil
	}
	if len(r.rest) > 0 {
		r.fail("%d bytes too many", len(r.rest))
	}
	return content, r.err
}

func (r *reader) functionType() {
	r.oneOf("type", 0x60)
	for range 2 { // parameters, results
		r.each(func() { r.valueType() })
	}
}

func (r *reader) importedFunction() {
	r.skipVector()
	r.skipVector()
	switch r.oneByte() {
	case 0:
		r.skipNumber()
	case 1:
		r.fail("the module imports a table; it must have its own")
	case 2:
		r.fail("the module imports a memory; it must have its own")
	default:
		r.fail("the module imports what is not a function")
	}
}

// tables returns the section with a maximum to each table, so that all together cannot grow beyond the bound.
func (r *reader) tables() []byte {
	type table struct {
		kind          byte
		initial, most uint32
	}
	var tables []table
	var sum uint64
	r.each(func() {
		t := table{kind: r.referenceType(), most: math.MaxUint32}
		limited := r.oneOf("kind of limits", 0, 1) == 1
		if t.initial = r.number(); limited {
			t.most = r.number()
		}
		tables, sum = append(tables, t), sum+uint64(t.initial)
	})
	if len(tables) > maxTables {
		r.fail("%d tables, more than %d", len(tables), maxTables)
	}
	if sum > maxEntries {
		r.fail("tables of %d entries, more than %d", sum, maxEntries)
	}
	out := binary.AppendUvarint(nil, uint64(len(tables)))
	for _, t := range tables {
		room := (maxEntries - sum) / uint64(len(tables))
		out = binary.AppendUvarint(append(out, t.kind, 1), uint64(t.initial))
		out = binary.AppendUvarint(out, min(uint64(t.most), uint64(t.initial)+room))
	}
	return out
}

// elements reads the segments from which tables are filled. Each instance has them as a list of its own.
func (r *reader) elements() {
	entries := 0
	r.each(func() {
		kind := r.number()
		if kind > 7 {
			r.fail("kind of element segment %d is not of WebAssembly 2.0", kind)
		}
		passive, explicit, expressions := kind&1 != 0, kind&2 != 0, kind&4 != 0
		if !passive && explicit {
			r.number() // of the table
		}
		if !passive {
			r.skipConstant()
		}
		if passive || explicit {
			r.oneByte() // what it holds
		}
		r.each(func() {
			if entries++; entries > maxEntries {
				r.fail("more than %d elements", maxEntries)
			}
			if expressions {
				r.skipConstant()
			} else {
				r.number()
			}
		})
	})
}

// functions reads the head of each function, which says how many locals it has.
func (r *reader) functions() {
	var all uint64
	r.each(func() {
		body := &reader{rest: r.take(r.number())}
		var own uint64
		body.each(func() {
			own += uint64(body.number())
			body.valueType()
		})
		if body.err != nil {
			r.fail("function: %w", body.err)
		}
		if all += own; own > maxLocalsOfOne || all > maxLocals {
			r.fail("function of %d locals, more than %d, or %d with those before it, more than %d", own, maxLocalsOfOne, all, maxLocals)
		}
	})
}

func (r *reader) dataSegment() {
	kind := r.number()
	if kind == 2 {
		r.number() // of the memory
	}
	if kind != 1 {
		r.skipConstant()
	}
	r.skipVector()
}
