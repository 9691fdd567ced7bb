package workload

import (
	"context"
	"errors"
	"slices"

	"go.mongodb.org/mongo-driver/v2/mongo"
)

// Outcome is what is known about one operation.
type Outcome string

// The outcomes.
const (
	// Acknowledged was done, and a majority has it.
	Acknowledged Outcome = "acknowledged"
	// Refused was not done, because this side is closed to users.
	Refused Outcome = "refused"
	// Aborted was not done, for a reason that is nobody's fault, such as two
	// transactions that wanted the same document.
	Aborted Outcome = "aborted"
	// Unknown may have been done or not: no answer came.
	Unknown Outcome = "unknown"
	// Failed was not done, and that is wrong: it had to work.
	Failed Outcome = "failed"
)

// Error codes of the server.
const (
	codeUserWritesBlocked = 371
	codeIndexBuildAborted = 276 // how a write block ends an index build under way
	codeDuplicateKey      = 11000
	codeWriteConflict     = 112
	codeLockTimeout       = 24
)

// unsettled are the codes with which a server that stops, starts or loses its
// place as primary answers. The driver has tried again before they get here.
var unsettled = []int{
	6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436, // network, shutdown, no primary
	50, 64, 100, // out of time, or the write concern was not met
	11601, 290, 237, // interrupted or killed
	211, // just started: the keys of the cluster time are not loaded yet
}

// OutcomeOf judges the answer of the driver to an operation that had to work.
func OutcomeOf(err error) Outcome {
	switch {
	case err == nil:
		return Acknowledged
	case hasCode(err, codeUserWritesBlocked), hasCode(err, codeIndexBuildAborted):
		return Refused
	case hasCode(err, codeWriteConflict), hasCode(err, codeLockTimeout):
		return Aborted
	case mongo.IsNetworkError(err), mongo.IsTimeout(err), errors.Is(err, context.Canceled),
		hasLabel(err, "RetryableWriteError"), hasLabel(err, "UnknownTransactionCommitResult"),
		slices.ContainsFunc(unsettled, func(code int) bool { return hasCode(err, code) }):
		return Unknown
	}
	if neverSent(err) || errors.Is(err, mongo.ErrClientDisconnected) {
		return Unknown // the driver may have sent it before, and this is why trying again failed
	}
	return Failed
}

// neverSent reports that the driver found no connection, because others had just broken.
func neverSent(err error) bool {
	again, ok := errors.AsType[interface {
		error
		Retryable() bool
	}](err)
	return ok && again.Retryable()
}

func hasCode(err error, code int) bool {
	server, ok := errors.AsType[mongo.ServerError](err)
	return ok && server.HasErrorCode(code)
}

func hasLabel(err error, label string) bool {
	labeled, ok := errors.AsType[mongo.LabeledError](err)
	return ok && labeled.HasErrorLabel(label)
}

// answer is the outcome of one operation, and what the operation was.
type answer struct {
	outcome Outcome
	what    string // the operation and its object, for people
	err     error
}

// answered makes an answer from an error of the driver.
func answered(what string, err error) answer {
	return answer{outcome: OutcomeOf(err), what: what, err: err}
}

// counted is answered for operations that must have met a number of documents.
func counted(what string, err error, got, want int64) answer {
	a := answered(what, err)
	if err == nil && got != want {
		a.outcome, a.err = Failed, errorf("it met %d documents, and must have met %d", got, want)
	}
	return a
}
