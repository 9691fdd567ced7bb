package sdk

// Divergence says whether the old source, the source of a sync that is COMMITTED, was left alone after it was closed.
// It is known only for the trigger reverse. Changes to the engine's own metadata there do not count.
type Divergence struct {
	Known bool   `json:"known"`
	Error string `json:"error,omitempty"`
	// Since is the cluster time up to which the old source is what the destination began with; Until is the time up to
	// which its change stream has been read.
	Since Timestamp `json:"since"`
	Until Timestamp `json:"until"`
	// Write is the first change in between, nil when there is none.
	Write *ForeignWrite `json:"write,omitempty"`
}

// ForeignWrite is a change that somebody made.
type ForeignWrite struct {
	At Timestamp `json:"at"`
	// Kind is the change event's operationType (insert, dropIndexes, ...).
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"` // database.collection, or the name of a database
}

func (r *reader) divergence(v *Divergence) {
	r.object(func(key string) {
		switch key {
		case "known":
			v.Known = r.flag()
		case "error":
			v.Error = r.str()
		case "since":
			r.timestamp(&v.Since)
		case "until":
			r.timestamp(&v.Until)
		case "write":
			if !r.null() {
				v.Write = new(ForeignWrite)
				r.foreignWrite(v.Write)
			}
		default:
			r.skip()
		}
	})
}

func (r *reader) foreignWrite(v *ForeignWrite) {
	r.object(func(key string) {
		switch key {
		case "at":
			r.timestamp(&v.At)
		case "kind":
			v.Kind = r.str()
		case "namespace":
			v.Namespace = r.str()
		default:
			r.skip()
		}
	})
}
