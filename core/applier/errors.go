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

// codeStringTooLong is its answer when a resume token cannot be written as text.
const codeStringTooLong = 16493

// codeImmutableField refuses a replacement whose _id is not the one that is there.
const codeImmutableField = 66

// errReached ends the reading part of a run at the wished time.
var errReached = errors.New("the wished time is reached")

// streamError adds what to do to the errors that no new try can cure.
func streamError(from lifecycle.Position, err error) error {
	switch {
	case mdb.ClassOf(err) == mdb.HistoryLost:
		return fmt.Errorf("the oplog no longer reaches back to %s, so the changes since then cannot be read: start the sync anew, with a larger oplog: %w", from.Time, err)
	case tooLarge(err):
		return fmt.Errorf("after %s there is a change event of more than 16 MB even without its document, which a change stream cannot deliver: something with an _id, or a schema change with a definition, of more than 3 MB; start the sync anew when it is over: %w", from.Time, err)
	}
	return fmt.Errorf("read the change stream from %s on: %w", from.Time, err)
}
