package applier

import (
	"context"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
)

// Reachable proves that a stream of c can still be read from a position, by
// reading from it; mdb.HistoryLost is the class of the error when the oplog does
// not reach back that far any more.
func Reachable(ctx context.Context, c *mdb.Cluster, at lifecycle.Position) error {
	cursor, err := openStream(ctx, c, at, plainly, hurryAwait)
	if err != nil {
		return streamError(at, err)
	}
	defer cursor.Close(ctx)
	for range 2 { // the first reply only says that the token was accepted
		if _, err = cursor.Next(ctx); tooLarge(err) {
			return nil // there is an event, and it can be read past
		}
		if err != nil {
			return streamError(at, err)
		}
	}
	return nil
}
