package child

// Progress is the part of a progress reply that is looked at.
type Progress struct {
	State          string
	Info           string
	Step           string
	CanCommit      bool
	CanWrite       bool
	Epoch          int
	LagMillis      *int64
	TotalEvents    int64   `json:"totalEventsApplied"`
	Applied        *OpTime `json:"lastAppliedOpTime"`
	CollectionCopy struct {
		Total  int64 `json:"estimatedTotalBytes"`
		Copied int64 `json:"estimatedCopiedBytes"`
	}
	Indexes *struct {
		Built int `json:"indexesBuilt"`
		Total int `json:"totalIndexesToBuild"`
	} `json:"indexBuilding"`
	Direction struct{ Source, Destination string } `json:"directionMapping"`
	LastError *struct{ Message string }
}

// OpTime is a cluster time in Extended JSON.
type OpTime struct {
	Timestamp struct{ T, I uint32 } `json:"$timestamp"`
}

// Number orders cluster times of one cluster; 0 for nil.
func (o *OpTime) Number() uint64 {
	if o == nil {
		return 0
	}
	return uint64(o.Timestamp.T)<<32 | uint64(o.Timestamp.I)
}

// Trouble is the text of the last error, or empty.
func (p Progress) Trouble() string {
	if p.LastError == nil {
		return ""
	}
	return p.LastError.Message
}
