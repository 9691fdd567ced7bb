package meta

import (
	"crypto/rand"
	"os"
	"time"
)

// Owner identifies one life of one process.
type Owner struct {
	ID      string    `bson:"id"` // random, new with each life
	Host    string    `bson:"host"`
	PID     int       `bson:"pid"`
	Since   time.Time `bson:"since"`
	Machine string    `bson:"machine"` // boot and PID namespace; empty where that cannot be told
	Birth   string    `bson:"birth"`   // when the process began, by the machine's own count
}

// NewOwner describes this process.
func NewOwner() Owner {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	pid := os.Getpid()
	return Owner{ID: rand.Text(), Host: host, PID: pid, Since: time.Now().UTC().Truncate(time.Millisecond),
		Machine: machineID(), Birth: birthOf(pid)}
}

// deadHere reports that the owner was a process of this very machine, boot and
// PID namespace, and is no more. Anything unknown counts as alive.
func (o Owner) deadHere() bool {
	if o.Machine == "" || o.Birth == "" || o.Machine != machineID() {
		return false
	}
	now := birthOf(o.PID)
	return now != "" && now != o.Birth
}
