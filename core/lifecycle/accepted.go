package lifecycle

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// MaxAccepted is how many acceptances a record keeps; the oldest go first.
const MaxAccepted = 64

// Acceptance says that a command was carried out although a check spoke against it.
type Acceptance struct {
	At      time.Time `bson:"at"` // UTC, whole milliseconds
	Request Trigger   `bson:"request"`
	Finding string    `bson:"finding"` // "module/component/CODE"
}

// Accept adds acceptances and drops the oldest above MaxAccepted. One that is
// there already is not added again, since a change of the record may be made
// twice. The list is made anew: copies of the record share the old one.
func (r *Record) Accept(list ...Acceptance) {
	if len(list) == 0 {
		return
	}
	all := slices.Clone(r.Accepted)
	for _, a := range list {
		a.At = a.At.UTC().Truncate(time.Millisecond)
		if !slices.ContainsFunc(all, a.same) {
			all = append(all, a)
		}
	}
	r.Accepted = all[max(0, len(all)-MaxAccepted):]
}

func (a Acceptance) same(b Acceptance) bool {
	return a.At.Equal(b.At) && a.Request == b.Request && a.Finding == b.Finding
}

func (r *Record) checkAccepted() error {
	if len(r.Accepted) > MaxAccepted {
		return fmt.Errorf("the record has %d accepted findings, more than %d", len(r.Accepted), MaxAccepted)
	}
	for _, a := range r.Accepted {
		if a.At.IsZero() || a.Request == "" || a.Finding == "" {
			return errors.New("the record has an accepted finding without a time, a request or a name")
		}
	}
	return nil
}
