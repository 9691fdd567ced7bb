package copier

import (
	"fmt"

	"github.com/revsync/revsync/core/mdb"
)

// accepted judges the answer to a write. A duplicate _id means that the document
// has arrived before, by an earlier attempt or run; it counts as written. Of
// the others it answers the first that comes back however often the command is
// sent, and else one that makes it worth while to send it again.
func accepted(res mdb.WriteResult) (n int, err error) {
	n = res.N
	for _, e := range res.Errors {
		if e.OnID() {
			n++
			continue
		}
		refused := fmt.Errorf("the destination refused a document (code %d): %w", e.Code, e.Fault())
		if mdb.ClassOf(e.Fault()) != mdb.Transient {
			return n, refused
		}
		err = refused
	}
	return n, err
}
