package mdb

import (
	"context"
	"errors"
	"slices"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"
)

// Class says what to do about an error.
type Class int

// The classes.
const (
	// Permanent errors come back however often the command is sent.
	Permanent Class = iota
	// Transient errors are about the moment: a failover, a network, a timeout.
	Transient
	// HistoryLost means that the oplog no longer reaches the wanted point.
	HistoryLost
)

// Error codes of the server that the engine acts on.
const (
	CodeUnauthorized           = 13
	CodeNamespaceNotFound      = 26
	CodeIndexNotFound          = 27
	CodeNamespaceExists        = 48
	CodeMaxTimeExpired         = 50
	CodeIndexOptionsConflict   = 85
	CodeIndexKeySpecsConflict  = 86
	CodeCappedPositionLost     = 136
	CodeCannotConvertUnique    = 359
	CodeCollectionUUIDMismatch = 361
	CodeUserWritesBlocked      = 371
	CodeDuplicateKey           = 11000
)

// transient are the codes that the server's own drivers retry, those of a cursor
// or query that a failover or a rename has ended, and 211: a server that has just
// started refuses logins until it has loaded the keys of the cluster time.
var transient = []int{
	6, 7, 24, 43, 50, 64, 89, 91, 112, 133, 134, 175, 189, 202, 211, 237, 262, 276, 290, 317, 365, 9001, 10107,
	11600, 11601, 11602, 13388, 13435, 13436,
}

var historyLost = []int{280, 286}

var transientLabels = []string{"RetryableWriteError", "ResumableChangeStreamError", "TransientTransactionError"}

// ClassOf classifies by codes and labels, never by message text. An error that
// is not known is permanent: to try it for ever would be a silent standstill.
func ClassOf(err error) Class {
	if errors.As(err, new(*WriteConcernError)) { // done, but whether it will survive is not known: send it again
		return Transient
	}
	var se mongo.ServerError
	if errors.As(err, &se) {
		for _, label := range transientLabels {
			if se.HasErrorLabel(label) && !hasAny(se, historyLost) {
				return Transient
			}
		}
		return classOfCode(se)
	}
	switch {
	case mongo.IsNetworkError(err), mongo.IsTimeout(err), errors.Is(err, context.DeadlineExceeded),
		errors.As(err, new(topology.ServerSelectionError)), neverSent(err):
		return Transient
	}
	return Permanent
}

// neverSent reports that the driver's pool took the connection away from a
// command that waited for it, because another command's had broken. The driver
// shows that by a method only.
func neverSent(err error) bool {
	again, ok := errors.AsType[interface {
		error
		Retryable() bool
	}](err)
	return ok && again.Retryable()
}

func classOfCode(se mongo.ServerError) Class {
	switch {
	case hasAny(se, historyLost):
		return HistoryLost
	case hasAny(se, transient), mongo.IsNetworkError(se), mongo.IsTimeout(se):
		return Transient
	}
	return Permanent
}

func hasAny(se mongo.ServerError, codes []int) bool {
	return slices.ContainsFunc(codes, se.HasErrorCode)
}

// HasCode reports whether err is a server's error with this code.
func HasCode(err error, code int) bool {
	var se mongo.ServerError
	return errors.As(err, &se) && se.HasErrorCode(code)
}
