package mongotest

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
)

// Options says what set to start. The zero value is one member with access
// control, with the mongod that Binary returns for "".
type Options struct {
	// Members is 1 (also for 0) or 3.
	Members int
	// Arbiter has the last of three members vote without holding data.
	Arbiter bool
	// Version is what Binary is asked for, such as "6.0.27".
	Version string
	// OplogMB is the largest size of the oplog in megabytes; 256 for 0.
	// mongod takes 16 and more.
	OplogMB int
	// Name is the name of the replica set; "rs0" if empty.
	Name string
	// NoAuth starts the set without access control and users. Everybody may do everything then, but
	// nobody, not even Sync, can write through a write block.
	NoAuth bool
	// Proxied puts a Proxy in front of each member.
	Proxied bool
	// Standalone starts one server that is no member of any set, without access
	// control: what a sync refuses.
	Standalone bool
	// Seed fills the empty data folder of a member before its first start; nil
	// leaves it empty. Only the first member may bring data along: it initiates the
	// set, and the others copy from it.
	Seed func(member int, folder string) error
	// Args are further arguments for mongod, each word by itself. An option
	// or a --setParameter name that this package sets as well replaces its value.
	Args []string
	// Dir is the folder for data and logs, which must be empty or absent. If
	// it is empty, New uses the test's temporary folder and Start makes a new one.
	Dir string
	// Log is told about the start; nil means nobody is.
	Log *slog.Logger
}

// withDefaults fills in what was left out and checks the rest.
func (o Options) withDefaults() (Options, error) {
	if o.Members == 0 {
		o.Members = 1
	}
	if o.Members != 1 && o.Members != 3 {
		return o, fmt.Errorf("a set has 1 or 3 members, not %d", o.Members)
	}
	if o.Arbiter && o.Members != 3 {
		return o, errors.New("only a set of 3 members can have an arbiter")
	}
	if o.Standalone {
		if o.Members != 1 {
			return o, fmt.Errorf("a standalone server has no %d members", o.Members)
		}
		o.NoAuth = true
	}
	if o.OplogMB == 0 {
		o.OplogMB = 256
	}
	if o.Name == "" {
		o.Name = "rs0"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o, o.prepareDir()
}

func (o *Options) prepareDir() (err error) {
	if o.Dir == "" {
		o.Dir, err = os.MkdirTemp("", "revsync-"+o.Name+"-*")
		return err
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(o.Dir)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("folder %s is not empty: name a new one for the set's data", o.Dir)
	}
	return err
}

// option is one option of mongod with its value.
type option struct{ name, value string }

// args returns the arguments that all members share, for a mongod of the given
// version ("" is a current one). mongod refuses an option that is given twice,
// so one that the caller gives is left out here.
func (o Options) args(version string) []string {
	args := []string{"--nounixsocket"}
	for _, opt := range append(o.basics(), o.hurry(version)...) {
		if !o.overrides(opt) {
			args = append(args, opt.name, opt.value)
		}
	}
	return append(args, o.Args...)
}

func (o Options) basics() []option {
	var set []option
	if !o.Standalone {
		set = []option{{"--replSet", o.Name}, {"--oplogSize", strconv.Itoa(o.OplogMB)}}
	}
	return append(set, []option{
		{"--bind_ip", "127.0.0.1"},
		// With less than 0.4 GB the first document of 16 MiB fails with code 388.
		{"--wiredTigerCacheSizeGB", "0.5"},
		// A data folder has 10 MB in place of 300: no journal files in advance.
		{"--wiredTigerEngineConfigString", "log=(file_max=8MB,prealloc=false)"},
		{"--setParameter", "diagnosticDataCollectionEnabled=false"},
		{"--setParameter", "enableTestCommands=1"},
		// The smallest count that mongod takes; logging in costs a third of the time.
		{"--setParameter", "scramSHA256IterationCount=5000"},
	}...)
}

// hurry returns options that shorten waits meant for networks and human beings.
func (o Options) hurry(version string) []option {
	if o.Members == 1 {
		// A set of one makes w:1 writes visible to change streams when it writes its journal,
		// which by default is every 100 ms.
		return []option{{"--journalCommitInterval", "2"}}
	}
	if version != "" && compareVersions(version, "5.0.0") < 0 {
		return nil // does not know all of the following
	}
	return []option{
		// A secondary that is shut down keeps its clients for 15 seconds, to let them find another.
		{"--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"},
		// A secondary that finds nobody to copy from looks again a second later. MongoDB's own tests
		// shorten this by these fail points too.
		{"--setParameter", "failpoint.forceSyncSourceRetryWaitForInitialSync={mode: 'alwaysOn', data: {retryMS: 25}}"},
		{"--setParameter", "failpoint.forceBgSyncSyncSourceRetryWaitMS={mode: 'alwaysOn', data: {sleepMS: 25}}"},
	}
}

// overrides tells whether the caller's arguments set the option, written as
// "--name value" or "--name=value".
func (o Options) overrides(opt option) bool {
	for i, arg := range o.Args {
		name, value, inOne := strings.Cut(arg, "=")
		if name != opt.name {
			continue
		}
		if name != "--setParameter" {
			return true
		}
		if !inOne && i+1 < len(o.Args) {
			value = o.Args[i+1]
		}
		if parameterName(value) == parameterName(opt.value) {
			return true
		}
	}
	return false
}

func parameterName(assignment string) string {
	name, _, _ := strings.Cut(assignment, "=")
	return name
}
