package lifecycle

import (
	"errors"
	"fmt"
)

// WriteBlocking says which sides are fenced against user writes.
type WriteBlocking string

// The modes, in the words of the start request.
const (
	BlockSourceAndDestination WriteBlocking = "sourceAndDestination"
	BlockDestinationOnly      WriteBlocking = "destinationOnly"
	BlockNone                 WriteBlocking = "none"
)

// Destination reports whether the destination is fenced while the sync runs.
func (w WriteBlocking) Destination() bool { return w != BlockNone }

// Source reports whether a commit fences the source.
func (w WriteBlocking) Source() bool { return w == BlockSourceAndDestination }

// BuildIndexes says when secondary indexes are built on the destination.
type BuildIndexes string

// The moments, in the words of the start request.
const (
	AfterDataCopy  BuildIndexes = "afterDataCopy"
	BeforeDataCopy BuildIndexes = "beforeDataCopy"
	NeverBuild     BuildIndexes = "never"
)

// Options are the choices of a start request. They are frozen in the record.
type Options struct {
	Reversible    bool          `bson:"reversible"`
	WriteBlocking WriteBlocking `bson:"writeBlocking"`
	BuildIndexes  BuildIndexes  `bson:"buildIndexes"`
	Include       []NSFilter    `bson:"include,omitempty"`
	Exclude       []NSFilter    `bson:"exclude,omitempty"`
}

// NSFilter is one entry of a namespace filter: a database by name or pattern,
// and in it some collections by name or pattern, or all of them.
type NSFilter struct {
	Database         string   `bson:"database,omitempty"`
	DatabaseRegex    *Pattern `bson:"databaseRegex,omitempty"`
	Collections      []string `bson:"collections,omitempty"`
	CollectionsRegex *Pattern `bson:"collectionsRegex,omitempty"`
}

// Pattern is a regular expression with its option letters.
type Pattern struct {
	Pattern string `bson:"pattern"`
	Options string `bson:"options,omitempty"`
}

// Filtered reports whether only some namespaces take part.
func (o Options) Filtered() bool { return len(o.Include)+len(o.Exclude) > 0 }

// Validate refuses values outside the lists and pairs that cannot go together:
// a reversible sync must know that nobody wrote to the side it will return to,
// and that this side has everything, in the same shape.
func (o Options) Validate() error {
	switch o.WriteBlocking {
	case BlockSourceAndDestination, BlockDestinationOnly, BlockNone:
	default:
		return fmt.Errorf("enableUserWriteBlocking is %q; use \"sourceAndDestination\", \"destinationOnly\" or \"none\"", o.WriteBlocking)
	}
	switch o.BuildIndexes {
	case AfterDataCopy, BeforeDataCopy, NeverBuild:
	default:
		return fmt.Errorf("buildIndexes is %q; use \"afterDataCopy\", \"beforeDataCopy\" or \"never\"", o.BuildIndexes)
	}
	if o.Reversible {
		return o.validateReversible()
	}
	return nil
}

func (o Options) validateReversible() error {
	switch {
	case o.WriteBlocking != BlockSourceAndDestination:
		return fmt.Errorf("reversible needs enableUserWriteBlocking \"sourceAndDestination\", not %q: otherwise nobody can say that the old source was left alone", o.WriteBlocking)
	case o.BuildIndexes == NeverBuild:
		return errors.New("reversible cannot go with buildIndexes \"never\": the destination would come back as a source without its indexes")
	case o.Filtered():
		return errors.New("reversible cannot go with includeNamespaces or excludeNamespaces: the two sides would not hold the same data")
	}
	return nil
}
