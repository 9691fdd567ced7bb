package workload

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
)

// Options says what traffic to make.
type Options struct {
	// Client belongs to a user who may read and write (mongotest's App), and
	// DDLClient to one who may change collections and indexes too (mongotest's
	// DDL). A write block must stop both. They stay the caller's to disconnect.
	Client, DDLClient *mongo.Client
	// Seed decides what each client does. Clients run side by side, so how their
	// operations mix is not repeatable; what each one does is, as long as it gets
	// the same answers.
	Seed uint64
	// Rate is the number of operations a second of each client; 20 if 0, and as
	// many as there can be if negative.
	Rate int
	// Operations is after how many operations each client ends; never if 0. Then, with
	// one client of each kind and a side that answers, the data at the end only depends on Seed.
	Operations int
	// Clients is the number of clients of each kind; 2 if 0.
	Clients int
	// Kinds are the kinds of clients; all if empty.
	Kinds []Kind
	// Database is the name of the database that is written to, "live" if empty.
	// DDL clients use further ones whose names begin with it. It must not exist yet.
	Database string
	// ServersAreKilled allows for what a server forgets when it is killed: how many
	// documents a capped collection holds. Until it is validated, it drops the oldest
	// ones too early or too late.
	ServersAreKilled bool
	// Journal, if not nil, names where the history of each client goes, as one
	// line of JSON for each answer. Lines of different clients never mix, also when it
	// names one writer for all.
	Journal func(kind Kind, client int) io.Writer
}

const (
	defaultRate    = 20
	defaultClients = 2
	// operationTimeout ends the wait for an answer, whose outcome is unknown then.
	operationTimeout = 15 * time.Second
)

func (o Options) withDefaults() (Options, error) {
	if o.Client == nil || o.DDLClient == nil {
		return o, errors.New("a workload needs Client and DDLClient")
	}
	if o.Rate == 0 {
		o.Rate = defaultRate
	}
	if o.Clients <= 0 {
		o.Clients = defaultClients
	}
	if len(o.Kinds) == 0 {
		o.Kinds = Kinds()
	}
	if o.Database == "" {
		o.Database = "live"
	}
	for _, kind := range o.Kinds {
		if makers[kind] == nil {
			return o, fmt.Errorf("there is no kind of client %q", kind)
		}
	}
	if strings.Contains(o.Database, ".") {
		return o, fmt.Errorf("%q cannot be a database's name", o.Database)
	}
	return o, nil
}

// interval is the time between two operations of one client.
func (o Options) interval() time.Duration {
	if o.Rate < 0 {
		return time.Nanosecond
	}
	return time.Second / time.Duration(o.Rate)
}
