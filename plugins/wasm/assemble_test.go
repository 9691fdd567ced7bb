package wasm

// A small assembler: hostile modules are easier to trust when every byte of them is in sight, and take no toolchain.

// Instructions, as far as the tests need them.
const (
	opUnreachable = 0x00
	opBlock       = 0x02
	opLoop        = 0x03
	opIf          = 0x04
	opElse        = 0x05
	opEnd         = 0x0b
	opBr          = 0x0c
	opBrIf        = 0x0d
	opReturn      = 0x0f
	opCall        = 0x10
	opDrop        = 0x1a
	opLocalGet    = 0x20
	opMemoryGrow  = 0x40
	opConst       = 0x41
	opEqz         = 0x45
	opNe          = 0x47
	opLtS         = 0x48
	opAdd         = 0x6a
	opSub         = 0x6b
	typeI32       = 0x7f
	typeEmpty     = 0x40
	typeFunc      = 0x60
)

// guestImport is one imported function with i32 parameters and at most one i32 result.
type guestImport struct {
	module, name    string
	params, results int
}

// guestFunc is one function of the module; it has no locals beyond its parameters.
type guestFunc struct {
	export          string
	params, results int
	body            []byte
}

// guestModule is a module in the making. Function indices count the imports first.
type guestModule struct {
	imports  []guestImport
	funcs    []guestFunc
	tables   [][]byte // as they stand in their section
	pages    int
	noMemory bool
	data     string // at address 1024
}

const dataAt = 1024

// The imports of the contract, in the order that every module here has them in: output is function 0, call 1, result 2,
// input 3, log 4.
var contract = []guestImport{{importModule, "output", 2, 0}, {importModule, "call", 4, 1}, {importModule, "result", 2, 1},
	{importModule, "input", 2, 1}, {importModule, "log", 3, 0}}

const (
	fnOutput = iota
	fnCall
	fnResult
	fnInput
	fnLog
	fnFirst // the first function of the module itself
)

const descriptor = `{"apiVersion":"revsync.plugin/v1","name":"acme.hostile","version":"1","components":[{"name":"c","kind":"check","phases":["preReverse"]}]}`

// hostile makes a module that describes itself properly and evaluates with the given body. data is text that the body
// can use; it comes after the descriptor, at address textAt.
func hostile(data string, evaluate ...[]byte) guestModule {
	return guestModule{imports: contract, pages: 1, data: descriptor + data, funcs: []guestFunc{
		{export: exportDescribe, results: 1, body: cat(say(dataAt, len(descriptor)), i(0))},
		{export: exportEvaluate, results: 1, body: cat(evaluate...)},
	}}
}

const textAt = dataAt + len(descriptor)

// i pushes a constant.
func i(n int) []byte { return append([]byte{opConst}, signed(n)...) }

// do calls a function with constant arguments.
func do(fn int, args ...int) []byte {
	var code []byte
	for _, a := range args {
		code = append(code, i(a)...)
	}
	return append(append(code, opCall), leb(fn)...)
}

func say(at, size int) []byte { return do(fnOutput, at, size) }

func op(codes ...byte) []byte { return codes }

func cat(parts ...[]byte) (all []byte) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// unless ends the function with a trap when the value on the stack is not n.
func unless(n int) []byte { return cat(i(n), op(opNe, opIf, typeEmpty, opUnreachable, opEnd)) }

func (m guestModule) bytes() []byte {
	var types, imports, funcs, exports, code [][]byte
	signature := func(params, results int) []byte {
		t := append([]byte{typeFunc}, leb(params)...)
		for range params {
			t = append(t, typeI32)
		}
		t = append(t, leb(results)...)
		for range results {
			t = append(t, typeI32)
		}
		types = append(types, t)
		return leb(len(types) - 1)
	}
	for _, f := range m.imports {
		imports = append(imports, cat(name(f.module), name(f.name), op(0), signature(f.params, f.results)))
	}
	for n, f := range m.funcs {
		funcs = append(funcs, signature(f.params, f.results))
		if f.export != "" {
			exports = append(exports, cat(name(f.export), op(0), leb(len(m.imports)+n)))
		}
		body := cat(leb(0), f.body, op(opEnd))
		code = append(code, cat(leb(len(body)), body))
	}
	out := []byte("\x00asm\x01\x00\x00\x00")
	out = append(out, cat(section(1, types), section(2, imports), section(3, funcs))...)
	if m.tables != nil {
		out = append(out, section(4, m.tables)...)
	}
	if !m.noMemory {
		exports = append(exports, cat(name(exportMemory), op(2, 0)))
		out = append(out, section(5, [][]byte{cat(op(0), leb(m.pages))})...)
	}
	out = append(out, cat(section(7, exports), section(10, code))...)
	if m.data != "" {
		out = append(out, section(11, [][]byte{cat(op(0), i(dataAt), op(opEnd), name(m.data))})...)
	}
	return out
}

func section(id byte, entries [][]byte) []byte {
	content := append(leb(len(entries)), cat(entries...)...)
	return cat(op(id), leb(len(content)), content)
}

func name(s string) []byte { return append(leb(len(s)), s...) }

// leb writes an unsigned number, seven bits to a byte.
func leb(n int) []byte {
	var out []byte
	for {
		b := byte(n & 0x7f)
		n >>= 7
		if n == 0 {
			return append(out, b)
		}
		out = append(out, b|0x80)
	}
}

// signed writes a signed number, seven bits to a byte.
func signed(n int) []byte {
	var out []byte
	for {
		b := byte(n & 0x7f)
		n >>= 7
		if (n == 0 && b&0x40 == 0) || (n == -1 && b&0x40 != 0) {
			return append(out, b)
		}
		out = append(out, b|0x80)
	}
}
