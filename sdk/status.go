package sdk

import (
	"context"
	"errors"
	"strconv"
)

// Code is a status of a host call or of an evaluation. The numbers are gRPC's, so that one table serves every
// transport; on the WASM import "call" they appear negated.
type Code int32

// The codes that v1 uses.
const (
	CodeInvalidArgument    Code = 3  // the request document is wrong
	CodeDeadlineExceeded   Code = 4  // no time left, or the server ran out of it
	CodeNotFound           Code = 5  // no such component, no such cursor
	CodePermissionDenied   Code = 7  // not asked for, not granted, or not read-only
	CodeResourceExhausted  Code = 8  // a limit of the evaluation was reached
	CodeFailedPrecondition Code = 9  // the server answered with an error, or the evaluation is over
	CodeUnimplemented      Code = 12 // the engine does not know the operation
	CodeInternal           Code = 13 // anything else
	CodeUnavailable        Code = 14 // the cluster cannot be reached
)

var codeNames = map[Code]string{
	CodeInvalidArgument: "INVALID_ARGUMENT", CodeDeadlineExceeded: "DEADLINE_EXCEEDED", CodeNotFound: "NOT_FOUND",
	CodePermissionDenied: "PERMISSION_DENIED", CodeResourceExhausted: "RESOURCE_EXHAUSTED",
	CodeFailedPrecondition: "FAILED_PRECONDITION", CodeUnimplemented: "UNIMPLEMENTED", CodeInternal: "INTERNAL",
	CodeUnavailable: "UNAVAILABLE",
}

// Codes lists the codes in ascending order.
var Codes = []Code{CodeInvalidArgument, CodeDeadlineExceeded, CodeNotFound, CodePermissionDenied,
	CodeResourceExhausted, CodeFailedPrecondition, CodeUnimplemented, CodeInternal, CodeUnavailable}

// String gives gRPC's name for the code.
func (c Code) String() string {
	if name, ok := codeNames[c]; ok {
		return name
	}
	return "CODE_" + strconv.Itoa(int(c))
}

// StatusError is a refusal or failure with a code. On the wire it is {"code":7,"message":"…"}.
type StatusError struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
}

// Error gives the code's name and the message.
func (e *StatusError) Error() string { return e.Code.String() + ": " + e.Message }

// Statusf makes a StatusError.
func Statusf(code Code, format string, args ...any) *StatusError {
	return &StatusError{Code: code, Message: sprintf(format, args...)}
}

// StatusOf turns any error into a StatusError: one found in its chain as it is, an expired or cancelled context as
// DeadlineExceeded, everything else as Internal. It returns nil for nil.
func StatusOf(err error) *StatusError {
	if err == nil {
		return nil
	}
	if status, ok := errors.AsType[*StatusError](err); ok {
		return status
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return &StatusError{Code: CodeDeadlineExceeded, Message: err.Error()}
	}
	return &StatusError{Code: CodeInternal, Message: err.Error()}
}
