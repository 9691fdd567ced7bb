package core

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/core/meta"
)

// connect waits until both clusters have answered who they are. A cluster that
// can never take part (standalone, too old, the same one twice) is an error.
func (s *Syncer) connect(ctx context.Context) error {
	var found [2]mdb.Identity
	group, inner := errgroup.WithContext(ctx)
	for i, id := range []lifecycle.ClusterID{lifecycle.Cluster0, lifecycle.Cluster1} {
		group.Go(func() error {
			return mdb.Retry(inner, "connect to "+string(id), s.report, func(ctx context.Context) (err error) {
				bound, cancel := context.WithTimeout(ctx, 10*time.Second)
				defer cancel()
				found[i], err = s.cluster(id).Identity(bound)
				return err
			})
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if found[0].ID == found[1].ID {
		return fmt.Errorf("cluster0 and cluster1 are the same replica set (%s, id %s)", found[0].SetName, found[0].ID)
	}
	s.view.setIdentities(found[0], found[1])
	s.log.Info("connected", "cluster0", found[0].Primary, "version0", found[0].Version, "cluster1", found[1].Primary, "version1", found[1].Version)
	return nil
}

// found is a stored record and the cluster it was found on.
type found struct {
	record lifecycle.Record
	at     lifecycle.ClusterID
}

// findRecord looks on both clusters; the highest epoch wins, because a crash
// between writing the next record and retiring the old one leaves both.
func (s *Syncer) findRecord(ctx context.Context) (*found, error) {
	var best *found
	for _, id := range []lifecycle.ClusterID{lifecycle.Cluster0, lifecycle.Cluster1} {
		var r *lifecycle.Record
		err := mdb.Retry(ctx, "read the record of "+string(id), s.report, func(ctx context.Context) (err error) {
			r, err = meta.Load(ctx, s.cluster(id))
			return err
		})
		if err != nil {
			return nil, err
		}
		if r != nil && (best == nil || r.Epoch > best.record.Epoch) {
			best = &found{record: *r, at: id}
		}
	}
	if best == nil {
		return nil, nil
	}
	return best, s.checkRecord(best)
}

// checkRecord refuses a record of other clusters: continuing it here would mix
// the data of two syncs.
func (s *Syncer) checkRecord(f *found) error {
	id0, id1 := s.view.identity(lifecycle.Cluster0).ID, s.view.identity(lifecycle.Cluster1).ID
	was0, was1 := f.record.Clusters[string(lifecycle.Cluster0)], f.record.Clusters[string(lifecycle.Cluster1)]
	switch {
	case was0 == id1 && was1 == id0:
		return fmt.Errorf("--cluster0 and --cluster1 are swapped: sync %s was started with them the other way round; swap them back", f.record.SyncID)
	case was0 != id0 || was1 != id1:
		return fmt.Errorf("%s holds the record of sync %s, which belongs to other clusters (%s, %s) than these (%s, %s); use its clusters, or drop the database %s there if that sync is over",
			f.at, f.record.SyncID, was0, was1, id0, id1, mdb.MetadataDB)
	case f.record.Mapping.Destination != f.at:
		return fmt.Errorf("%s holds a record whose destination is %s; the database %s must not be copied between clusters", f.at, f.record.Mapping.Destination, mdb.MetadataDB)
	}
	return nil
}
