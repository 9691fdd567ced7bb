package guest

import (
	"context"
	"encoding/json"
	"runtime"
	"unsafe"

	"github.com/revsync/revsync/sdk"
)

// The five imports. A pointer is valid during the call only: the host copies, and owns nothing in here.

//go:wasmimport revsync_v1 input
func hostInput(ptr unsafe.Pointer, limit uint32) uint32

//go:wasmimport revsync_v1 output
func hostOutput(ptr unsafe.Pointer, size uint32)

//go:wasmimport revsync_v1 call
func hostCall(op unsafe.Pointer, opSize uint32, req unsafe.Pointer, reqSize uint32) int32

//go:wasmimport revsync_v1 result
func hostResult(ptr unsafe.Pointer, limit uint32) uint32

//go:wasmimport revsync_v1 log
func hostLog(level int32, ptr unsafe.Pointer, size uint32)

//go:wasmexport revsync_v1_describe
func describe() int32 {
	if served == nil {
		return fail(sdk.Statusf(sdk.CodeInternal, "the module called no guest.Serve in init"))
	}
	return reply(sdk.EncodeDescriptor(served.Descriptor()))
}

//go:wasmexport revsync_v1_evaluate
func evaluate() int32 {
	if served == nil {
		return fail(sdk.Statusf(sdk.CodeInternal, "the module called no guest.Serve in init"))
	}
	req, err := sdk.DecodeRequest(fetch(hostInput))
	if err != nil {
		return fail(sdk.Statusf(sdk.CodeInvalidArgument, "%s", err))
	}
	resp, err := served.Evaluate(context.Background(), host{}, req)
	if err != nil {
		return fail(err)
	}
	return reply(sdk.EncodeResponse(resp))
}

func reply(out []byte, err error) int32 {
	if err != nil {
		return fail(sdk.Statusf(sdk.CodeInternal, "encode the answer: %s", err))
	}
	send(out)
	return 0
}

func fail(err error) int32 {
	status := sdk.StatusOf(err)
	send(sdk.EncodeStatus(status))
	return int32(status.Code)
}

func send(out []byte) {
	hostOutput(unsafe.Pointer(unsafe.SliceData(out)), uint32(len(out)))
	runtime.KeepAlive(out)
}

// fetch asks for the length first and then for the bytes: nothing is copied into a buffer that is too small.
func fetch(from func(unsafe.Pointer, uint32) uint32) []byte {
	buf := make([]byte, from(nil, 0))
	if len(buf) > 0 {
		from(unsafe.Pointer(unsafe.SliceData(buf)), uint32(len(buf)))
	}
	return buf
}

// host is sdk.Host over the imports.
type host struct{}

var _ sdk.Host = host{}

// Call hands the request to the engine and waits for the result.
func (host) Call(_ context.Context, op string, req json.RawMessage) (json.RawMessage, error) {
	status := hostCall(unsafe.Pointer(unsafe.StringData(op)), uint32(len(op)),
		unsafe.Pointer(unsafe.SliceData(req)), uint32(len(req)))
	runtime.KeepAlive(op)
	runtime.KeepAlive(req)
	result := fetch(hostResult)
	if status < 0 {
		return nil, &sdk.StatusError{Code: sdk.Code(-status), Message: string(result)}
	}
	return result, nil
}

// Log writes one line to the engine's log.
func (host) Log(_ context.Context, level sdk.Level, msg string) {
	hostLog(int32(level), unsafe.Pointer(unsafe.StringData(msg)), uint32(len(msg)))
	runtime.KeepAlive(msg)
}
