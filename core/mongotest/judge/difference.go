package judge

import (
	"errors"
	"fmt"
	"strings"
)

// How many differences are kept. The scan of a collection ends at its limit:
// what comes after so many adds time and no insight.
const (
	MaxPerCollection = 20
	MaxListed        = 100
)

// Difference is one thing in which side b is not like side a.
type Difference struct {
	// Namespace is "database.collection".
	Namespace string
	// ID is the _id of a document in canonical Extended JSON, or empty if this is
	// not about one document.
	ID string
	// What says what differs, and how it is on either side.
	What string
}

// String reads "shop.orders, _id {"$numberInt":"7"}: ...".
func (d Difference) String() string {
	if d.ID == "" {
		return d.Namespace + ": " + d.What
	}
	return fmt.Sprintf("%s, _id %s: %s", d.Namespace, d.ID, d.What)
}

// Differences is the verdict of one comparison.
type Differences struct {
	// List is sorted by namespace and holds MaxListed at most.
	List []Difference
	// Cut reports that there may be more than List holds.
	Cut bool
	// Namespaces and Documents count what was looked at on side a: collections and
	// views, and documents.
	Namespaces int
	Documents  int64
}

// None reports that the two sides are equal.
func (d Differences) None() bool { return len(d.List) == 0 }

// Err is nil for equal sides, and else an error with every listed difference.
func (d Differences) Err() error {
	if d.None() {
		return nil
	}
	return errors.New("the two sides differ:\n" + d.String())
}

// String has one difference a line.
func (d Differences) String() string {
	if d.None() {
		return fmt.Sprintf("no differences in %d collections and views, %d documents", d.Namespaces, d.Documents)
	}
	lines := make([]string, 0, len(d.List)+1)
	for _, one := range d.List {
		lines = append(lines, one.String())
	}
	if d.Cut {
		lines = append(lines, "and perhaps more: not everything was compared")
	}
	return strings.Join(lines, "\n")
}

// finding collects the differences of one namespace.
type finding struct {
	namespace string
	list      []Difference
	documents int64
}

func (f *finding) full() bool { return len(f.list) >= MaxPerCollection }

func (f *finding) add(id, format string, args ...any) {
	if !f.full() {
		f.list = append(f.list, Difference{Namespace: f.namespace, ID: id, What: fmt.Sprintf(format, args...)})
	}
}

// gather puts the findings together, in the order given.
func gather(all []*finding) Differences {
	d := Differences{Namespaces: len(all)}
	for _, f := range all {
		d.Documents += f.documents
		d.List = append(d.List, f.list...)
		d.Cut = d.Cut || f.full()
	}
	if len(d.List) > MaxListed {
		d.List, d.Cut = d.List[:MaxListed], true
	}
	return d
}
