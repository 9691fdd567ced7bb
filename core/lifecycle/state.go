package lifecycle

// State is the public state of a sync, in the exact words of the REST API.
type State string

// The states. There is no state for failure: a transient error is a field of
// the record, a permanent one ends the process and is shown after the restart.
const (
	Initializing State = "INITIALIZING"
	Idle         State = "IDLE"
	Running      State = "RUNNING"
	Paused       State = "PAUSED"
	Committing   State = "COMMITTING"
	Committed    State = "COMMITTED"
	Reversing    State = "REVERSING"
)

// States lists every state once, in the order a sync meets them.
var States = []State{Initializing, Idle, Running, Paused, Committing, Committed, Reversing}

// Trigger is what can move a sync from one state to another: a command that a
// user sends or an event that the engine reports.
type Trigger string

// Commands, sent by a user.
const (
	Start   Trigger = "start"
	Pause   Trigger = "pause"
	Resume  Trigger = "resume"
	Commit  Trigger = "commit"
	Reverse Trigger = "reverse"
)

// Events, reported by the engine itself.
const (
	Connected     Trigger = "connected"
	CommitDone    Trigger = "commit done"
	CommitUndone  Trigger = "commit undone"
	ReverseDone   Trigger = "reverse done"
	ReverseUndone Trigger = "reverse undone"
)

// Commands and Events list every trigger once.
var (
	Commands = []Trigger{Start, Pause, Resume, Commit, Reverse}
	Events   = []Trigger{Connected, CommitDone, CommitUndone, ReverseDone, ReverseUndone}
)
