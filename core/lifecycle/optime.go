package lifecycle

import (
	"cmp"
	"fmt"
	"time"
)

// OpTime is a cluster time: seconds since 1970 and a counter within the
// second, both as in a BSON timestamp. The zero value means "not known".
type OpTime struct {
	T uint32 `bson:"t"`
	I uint32 `bson:"i"`
}

// IsZero reports whether the time is not known.
func (o OpTime) IsZero() bool { return o == OpTime{} }

// Compare orders two times: negative when o is earlier than p.
func (o OpTime) Compare(p OpTime) int {
	if c := cmp.Compare(o.T, p.T); c != 0 {
		return c
	}
	return cmp.Compare(o.I, p.I)
}

// Before reports whether o is earlier than p.
func (o OpTime) Before(p OpTime) bool { return o.Compare(p) < 0 }

// Time is the wall-clock second of o, for people; never compare with it.
func (o OpTime) Time() time.Time { return time.Unix(int64(o.T), 0).UTC() }

// String reads "1700000000,3".
func (o OpTime) String() string { return fmt.Sprintf("%d,%d", o.T, o.I) }

// Position is one point of one change stream: everything before it has been
// seen. Token is the raw BSON document of the resume token, Time the cluster
// time inside it. A position is never a bare time and never a wall clock.
type Position struct {
	Token []byte `bson:"token,omitempty"`
	Time  OpTime `bson:"time"`
}

// IsZero reports whether there is no position yet.
func (p Position) IsZero() bool { return len(p.Token) == 0 && p.Time.IsZero() }
