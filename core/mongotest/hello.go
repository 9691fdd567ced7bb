package mongotest

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// helloTimeout is short because a paused member accepts connections and never answers.
const helloTimeout = time.Second

// hello is what a member says of itself. All versions know the command by its old name.
type hello struct {
	Primary        bool          `bson:"ismaster"`
	Secondary      bool          `bson:"secondary"`
	Arbiter        bool          `bson:"arbiterOnly"`
	ElectionID     bson.ObjectID `bson:"electionId"` // grows with each election
	MaxWireVersion int32         `bson:"maxWireVersion"`
}

// oldestDriverWire is the wire version of 4.4, the oldest server that the driver talks to.
const oldestDriverWire = 9

func (m *Member) hello(ctx context.Context) (hello, error) {
	ctx, cancel := context.WithTimeout(ctx, helloTimeout)
	defer cancel()
	var answer hello
	raw, err := m.Command(ctx, "admin", bson.D{{Key: "isMaster", Value: 1}})
	if err == nil {
		err = bson.Unmarshal(raw, &answer)
	}
	return answer, err
}

func (h hello) String() string {
	switch {
	case h.Primary:
		return "primary"
	case h.Secondary:
		return "secondary"
	case h.Arbiter:
		return "arbiter"
	case h.MaxWireVersion > 0:
		return "neither primary nor secondary"
	default:
		return "no answer"
	}
}
