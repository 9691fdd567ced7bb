package applier

import (
	"errors"
	"fmt"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
)

// codeTooLarge is the server's answer when a change event, or a document, does
// not fit into 16 MB (BSONObjectTooLarge).
const codeTooLarge = 10334

// codeImmutableField refuses a replacement whose _id is not the one that is there.
const codeImmutableField = 66

// errReached ends the reading part of a run at the wished time.
var errReached = errors.New("the wished time is reached")

// streamError adds what to do to the errors that no new try can cure.
func streamError(from lifecycle.Position, err error) error {
	switch {
	case mdb.ClassOf(err) == mdb.HistoryLost:
		return fmt.Errorf("the oplog no longer reaches back to %s, so the changes since then cannot be read: start the sync anew, with a larger oplog: %w", from.Time, err)
	case mdb.HasCode(err, codeTooLarge):
		return fmt.Errorf("after %s there is a change event of more than 16 MB, which a change stream cannot deliver; a document near 16 MB was written: %w", from.Time, err)
	}
	return fmt.Errorf("read the change stream from %s on: %w", from.Time, err)
}
