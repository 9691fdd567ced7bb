package applier

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/lifecycle"
)

// change is one event of a document on its way to the destination. id and body
// are parts of the reply that brought the event.
type change struct {
	number int64 // in the watermark
	target *target
	key    uint64
	kind   kind
	time   lifecycle.OpTime
	id     value
	body   bson.Raw // the document of insert and replace, the delta of update
	fetch  bool     // body did not fit into an event: read the document from the source
}

func (c *change) size() int { return len(c.id.data) + len(c.body) }
