package lifecycle

import "fmt"

// ClusterID names one of the two clusters of a sync, as on the command line.
type ClusterID string

// The two clusters. Either may be the source; start decides, reverse swaps.
const (
	Cluster0 ClusterID = "cluster0"
	Cluster1 ClusterID = "cluster1"
)

// Mapping is the direction of a sync, as a value. Forward and backward differ
// in this value only; no other part of the engine knows a direction.
type Mapping struct {
	Source      ClusterID `bson:"source"`
	Destination ClusterID `bson:"destination"`
}

// Reversed swaps the two ends; applied twice it gives the mapping back.
func (m Mapping) Reversed() Mapping {
	return Mapping{Source: m.Destination, Destination: m.Source}
}

// Validate refuses unknown and equal ends.
func (m Mapping) Validate() error {
	for _, c := range []ClusterID{m.Source, m.Destination} {
		if c != Cluster0 && c != Cluster1 {
			return fmt.Errorf("a cluster is named %q; use \"cluster0\" and \"cluster1\"", c)
		}
	}
	if m.Source == m.Destination {
		return fmt.Errorf("source and destination are both %q; they must differ", m.Source)
	}
	return nil
}

// String reads "cluster0 -> cluster1".
func (m Mapping) String() string { return string(m.Source) + " -> " + string(m.Destination) }
