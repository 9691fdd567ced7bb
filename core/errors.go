package core

import (
	"errors"
	"fmt"

	"github.com/revsync/revsync/sdk"
)

// Code is the kind of a refusal or failure. It is the `error` field of the
// REST API; hostapi/rest maps each code to its HTTP status.
type Code string

// The codes that the engine itself answers with.
const (
	InvalidRequest Code = "InvalidRequest" // the request makes no sense; nothing was changed
	IllegalState   Code = "IllegalState"   // the state does not allow the command
	CannotCommit   Code = "CannotCommit"   // not yet: the copy, the lag or an index build stands in the way
	NotReversible  Code = "NotReversible"  // the sync was not started reversible
	NotEligible    Code = "NotEligible"    // checks refused; see Error.Findings
	Busy           Code = "Busy"           // another request is in progress
	Starting       Code = "Initializing"   // not connected to both clusters yet
	Internal       Code = "InternalError"
)

// Error is every error that a command of the Syncer returns: what was asked,
// which kind of refusal it is, and why.
type Error struct {
	Op       string // the command: start, pause, resume, commit, reverse
	Code     Code
	Err      error
	Findings []sdk.ReportedFinding // with NotEligible: everything that was found, and by whom
}

// Error reads "reverse: NotEligible: ...", with every failed check in it.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s: %s: %v", e.Op, e.Code, e.Err)
	for _, f := range e.Findings {
		if f.Severity == sdk.SeverityError {
			text += fmt.Sprintf("; %s (%s/%s): %s", f.Code, f.Module, f.Component, f.Message)
		}
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf is the code of an error of the Syncer, Internal for any other error.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}

func refuse(op string, code Code, format string, args ...any) error {
	return &Error{Op: op, Code: code, Err: fmt.Errorf(format, args...)}
}
