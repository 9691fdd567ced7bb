package wasm

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/revsync/revsync/sdk"
)

// hostFunction is one import of the contract. Pointers and lengths are i32, the guest owns all memory, and the
// state of the running call comes with the context.
type hostFunction struct {
	params, results []api.ValueType
	run             func(ctx context.Context, c *call, mem api.Memory, stack []uint64)
}

var i32 = api.ValueTypeI32

var hostFunctions = map[string]hostFunction{
	"input":  {params: []api.ValueType{i32, i32}, results: []api.ValueType{i32}, run: hostInput},
	"output": {params: []api.ValueType{i32, i32}, run: hostOutput},
	"call":   {params: []api.ValueType{i32, i32, i32, i32}, results: []api.ValueType{i32}, run: hostCall},
	"result": {params: []api.ValueType{i32, i32}, results: []api.ValueType{i32}, run: hostResult},
	"log":    {params: []api.ValueType{i32, i32, i32}, run: hostLog},
}

func linkHost(ctx context.Context, r wazero.Runtime) error {
	b := r.NewHostModuleBuilder(importModule)
	for name, f := range hostFunctions {
		run := f.run
		adapter := func(ctx context.Context, mod api.Module, stack []uint64) {
			run(ctx, callOf(ctx), mod.Memory(), stack)
		}
		b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(adapter), f.params, f.results).Export(name)
	}
	_, err := b.Instantiate(ctx)
	return err
}

// hostInput: (ptr, limit) -> length of the request, which is copied when it fits.
func hostInput(_ context.Context, c *call, mem api.Memory, stack []uint64) {
	stack[0] = copyOut(mem, stack[0], stack[1], c.input)
}

// hostResult: (ptr, limit) -> length of the last host call's result or error text, copied when it fits.
func hostResult(_ context.Context, c *call, mem api.Memory, stack []uint64) {
	stack[0] = copyOut(mem, stack[0], stack[1], c.result)
}

// hostOutput: (ptr, len) sets the response.
func hostOutput(_ context.Context, c *call, mem api.Memory, stack []uint64) {
	if size := api.DecodeU32(stack[1]); size > sdk.MaxResponseBytes {
		panic(fmt.Errorf("response of %d bytes, more than %d", size, sdk.MaxResponseBytes))
	}
	c.output, c.answered = read(mem, stack[0], stack[1]), true
}

// hostCall: (op, op_len, req, req_len) -> length of the result, or minus a status code.
func hostCall(ctx context.Context, c *call, mem api.Memory, stack []uint64) {
	if api.DecodeU32(stack[1]) > sdk.MaxNameBytes || api.DecodeU32(stack[3]) > sdk.MaxRequestBytes {
		stack[0] = c.refuse(sdk.Statusf(sdk.CodeInvalidArgument, "operation or request is too long"))
		return
	}
	if c.host == nil {
		stack[0] = c.refuse(sdk.Statusf(sdk.CodePermissionDenied, "a module makes no host call while it describes itself"))
		return
	}
	op, req := read(mem, stack[0], stack[1]), read(mem, stack[2], stack[3])
	result, err := c.host.Call(ctx, string(op), req)
	if err != nil {
		stack[0] = c.refuse(sdk.StatusOf(err))
		return
	}
	c.result = result
	stack[0] = api.EncodeI32(int32(len(result)))
}

// hostLog: (level, ptr, len) writes one line.
func hostLog(ctx context.Context, c *call, mem api.Memory, stack []uint64) {
	size := min(api.DecodeU32(stack[2]), maxLogBytes)
	line := read(mem, stack[1], uint64(size))
	if c.host != nil {
		c.host.Log(ctx, sdk.Level(api.DecodeI32(stack[0])), string(line))
	}
}

// maxLogBytes is what is read of one log line; the host cuts it further.
const maxLogBytes = 64 << 10

// copyOut writes doc to the guest's buffer if the buffer can hold it, and returns doc's length in any case.
func copyOut(mem api.Memory, ptr, limit uint64, doc []byte) uint64 {
	size := uint32(len(doc))
	if size > 0 && size <= api.DecodeU32(limit) && !mem.Write(api.DecodeU32(ptr), doc) {
		panic(errPointer)
	}
	return uint64(size)
}

// read copies bytes out of the guest: what Memory.Read returns is a view that moves when the memory grows.
func read(mem api.Memory, ptr, size uint64) []byte {
	if api.DecodeU32(size) == 0 {
		return []byte{}
	}
	view, ok := mem.Read(api.DecodeU32(ptr), api.DecodeU32(size))
	if !ok {
		panic(errPointer)
	}
	return append([]byte(nil), view...)
}

var errPointer = fmt.Errorf("the module gave a pointer outside its memory")
