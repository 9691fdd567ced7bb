package rest

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/sdk"
)

// The codes that only the HTTP layer answers with.
const (
	notFound         core.Code = "NotFound"
	methodNotAllowed core.Code = "MethodNotAllowed"
	tooLarge         core.Code = "TooLarge"
	forbidden        core.Code = "Forbidden"
	notLoaded        core.Code = "PluginsNotLoaded"
)

// statuses is the one table from error name to HTTP status. mongosync documents
// neither; the table in docs/api.md is checked against this one.
var statuses = map[core.Code]int{
	core.InvalidRequest: http.StatusBadRequest,
	forbidden:           http.StatusForbidden,
	notFound:            http.StatusNotFound,
	methodNotAllowed:    http.StatusMethodNotAllowed,
	core.IllegalState:   http.StatusConflict,
	core.CannotCommit:   http.StatusConflict,
	core.NotReversible:  http.StatusConflict,
	core.NotEligible:    http.StatusConflict,
	core.Busy:           http.StatusConflict,
	notLoaded:           http.StatusConflict,
	tooLarge:            http.StatusRequestEntityTooLarge,
	core.Internal:       http.StatusInternalServerError,
	core.Starting:       http.StatusServiceUnavailable,
}

// failure is the reply to a request that was refused or failed.
type failure struct {
	Success          bool                  `json:"success"`
	Error            core.Code             `json:"error"`
	ErrorDescription string                `json:"errorDescription"`
	Checks           []sdk.ReportedFinding `json:"checks,omitempty"` // with NotEligible: every finding, warnings too
}

func refuse(code core.Code, format string, args ...any) error {
	return &core.Error{Code: code, Err: fmt.Errorf(format, args...)}
}

// failureOf turns any error into a status and a reply.
func failureOf(err error) (int, failure) {
	reply := failure{Error: codeOf(err), ErrorDescription: err.Error()}
	if e, ok := errors.AsType[*core.Error](err); ok {
		reply.ErrorDescription, reply.Checks = describe(e), e.Findings
	}
	return cmp.Or(statuses[reply.Error], http.StatusInternalServerError), reply
}

func codeOf(err error) core.Code {
	if _, ok := errors.AsType[*lifecycle.IllegalError](err); ok && core.CodeOf(err) == core.Internal {
		return core.IllegalState
	}
	return core.CodeOf(err)
}

// describe is the cause, and all failed checks after it: an operator wants to
// put everything right in one go.
func describe(e *core.Error) string {
	lines := []string{}
	if e.Err != nil {
		lines = append(lines, e.Err.Error())
	}
	for _, f := range e.Findings {
		if f.Severity == sdk.SeverityError {
			lines = append(lines, findingText(f))
		}
	}
	return strings.Join(lines, "; ")
}

// findingText begins with the name by which the finding can be accepted, unless it is for a module as a whole.
func findingText(f sdk.ReportedFinding) string {
	text := f.Code + ": " + f.Message
	if f.Component != "" {
		text = f.Name() + ": " + f.Message
	}
	if f.Remediation != "" {
		text += " (" + f.Remediation + ")"
	}
	return text
}
