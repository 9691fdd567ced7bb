package sdk

// Trigger is the request that an evaluation belongs to.
type Trigger string

// The triggers.
const (
	TriggerStart   Trigger = "start"
	TriggerCommit  Trigger = "commit"
	TriggerReverse Trigger = "reverse"
)

// Phase is the moment at which a component runs.
type Phase string

// The phases. The pre phases are gates: an error finding refuses the trigger and nothing has changed yet. The post
// phases are notices: the trigger has been carried out and a failure cannot undo it. PhasePreflight is a dry run on
// demand, for any trigger.
const (
	PhasePreflight   Phase = "preflight"
	PhasePreStart    Phase = "preStart"
	PhasePreCommit   Phase = "preCommit"
	PhasePreReverse  Phase = "preReverse"
	PhasePostCommit  Phase = "postCommit"
	PhasePostReverse Phase = "postReverse"
)

// Phases lists every phase of v1, in the order of a sync's life.
var Phases = []Phase{PhasePreflight, PhasePreStart, PhasePreCommit, PhasePostCommit, PhasePreReverse, PhasePostReverse}

// Triggers lists every trigger of v1.
var Triggers = []Trigger{TriggerStart, TriggerCommit, TriggerReverse}

// Gate returns the phase that guards the trigger, or "" for a trigger that v1 does not know.
func (t Trigger) Gate() Phase {
	switch t {
	case TriggerStart:
		return PhasePreStart
	case TriggerCommit:
		return PhasePreCommit
	case TriggerReverse:
		return PhasePreReverse
	}
	return ""
}

// Notice returns the phase that follows when the trigger has been carried out, or "" when there is none.
func (t Trigger) Notice() Phase {
	switch t {
	case TriggerCommit:
		return PhasePostCommit
	case TriggerReverse:
		return PhasePostReverse
	}
	return ""
}

// Notice reports whether the phase comes after the fact, so that nothing can be refused any more.
func (p Phase) Notice() bool { return p == PhasePostCommit || p == PhasePostReverse }

// Kind says what a component may do.
type Kind string

// The kinds. A check only judges: it has no effect, may run at any time, any number of times, beside others. A hook
// may act; hooks run one after another, after the checks, never in a dry run, and must accept to be called again
// with the same Request.IdempotencyKey after a crash.
const (
	KindCheck Kind = "check"
	KindHook  Kind = "hook"
)

// Role names one of the two clusters by what it does in the running direction.
type Role string

// The roles. RoleAny is only valid in a Capability, where it stands for both.
const (
	RoleSource      Role = "source"
	RoleDestination Role = "destination"
	RoleAny         Role = "any"
)

// Other returns the opposite role; RoleAny and unknown values come back unchanged.
func (r Role) Other() Role {
	switch r {
	case RoleSource:
		return RoleDestination
	case RoleDestination:
		return RoleSource
	}
	return r
}
