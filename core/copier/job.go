package copier

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/revsync/revsync/core/internal/memory"
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/schema"
)

// Job is the collection copy of one epoch: Partition once, then Copy until it
// has returned nil. A copy that ended early (pause, crash, error) is taken up
// again by Copy, with the same Job or with another one of the same epoch.
// The methods must not run at the same time, but for Copied.
type Job struct {
	From, To *mdb.Cluster
	Catalog  Catalog
	Epoch    int
	// ReadTime is the position that change events are applied from later. Nothing
	// is read that is older.
	ReadTime lifecycle.OpTime
	// Readers and Writers are the commands that run at once on each side; 2 and 3
	// when 0.
	Readers, Writers int
	// IndexWhen says whether Copy builds indexes: only with AfterDataCopy.
	IndexWhen lifecycle.BuildIndexes
	// Report takes failures that are being tried again; it is called from several
	// goroutines at once. Nil: nobody is told.
	Report mdb.Report
	Limits Limits

	copied atomic.Int64
}

// Catalog is what a copy needs of the catalog of collections. BuildIndexes is
// called for several collections at once.
type Catalog interface {
	Collections() []schema.Collection
	BuildIndexes(ctx context.Context, source schema.UUID) error
}

// Limits are sizes; the zero value of each is its default. A batch can have the
// 16 MB that a server answers at most, so the memory of a copy is bounded by
// HeldBytes, one batch for each reader, and three copies of one for each writer.
type Limits struct {
	RangeBytes     int64 // wanted size of a range; 128 MB
	BatchBytes     int64 // wanted size of a batch; 8 MB, the server allows 16
	BatchDocuments int64 // most documents in a batch; 5000
	HeldBytes      int64 // most bytes of batches between readers and writers; memory.CopyBatches
}

func (l Limits) withDefaults() Limits {
	for _, d := range []struct {
		value    *int64
		standard int64
	}{{&l.RangeBytes, 128 << 20}, {&l.BatchBytes, 8 << 20}, {&l.BatchDocuments, 5000}, {&l.HeldBytes, memory.CopyBatches}} {
		if *d.value <= 0 {
			*d.value = d.standard
		}
	}
	return l
}

// Copied is the number of bytes of documents that have arrived on the
// destination, with those of finished ranges of earlier runs. It may be called
// at any time. It grows, but for a capped collection that had to be begun
// again. It can pass what Partition answered, which is an estimate.
func (j *Job) Copied() int64 { return j.copied.Load() }

func (j *Job) prepare() error {
	if j.ReadTime.IsZero() {
		return errors.New("no read time was set; a copy without one could miss writes")
	}
	if j.Report == nil {
		j.Report = mdb.Quiet
	}
	if j.Readers <= 0 {
		j.Readers = 2
	}
	if j.Writers <= 0 {
		j.Writers = 3
	}
	j.Limits = j.Limits.withDefaults()
	return nil
}
