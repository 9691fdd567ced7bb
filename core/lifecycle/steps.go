package lifecycle

// Step is the name of one step of a plan. It is what the record keeps, what
// progress shows, and what a crash test is armed with.
type Step string

// The steps of a commit, in order. Before StepOpenDestination every step can
// be undone; from there the plan only goes forward.
const (
	StepFenceSource        Step = "fence-source"
	StepCommitTime         Step = "commit-time"
	StepDrain              Step = "drain"
	StepRestoreDestination Step = "restore-destination"
	StepReversePoint       Step = "reverse-point"
	StepOpenDestination    Step = "open-destination"
	StepEnforceUnique      Step = "enforce-unique"
)

// The steps of a reverse, in order. StepSwitch writes the record of the next
// epoch on the new destination: that write is the point of no return.
const (
	StepReadReversePoint Step = "read-reverse-point"
	StepProveUntouched   Step = "prove-untouched"
	StepHandOver         Step = "hand-over-metadata"
	StepRelax            Step = "relax-destination"
	StepSwitch           Step = "switch"
	StepRetire           Step = "retire-old-record"
)

// Plan is the order of the steps of one command and where it stops being
// possible to go back.
type Plan struct {
	Command Trigger
	Steps   []Step
	// NoReturn is the index of the first step that runs after the point of no
	// return; the record that moves the plan there is the point itself.
	NoReturn int
}

// CommitPlan and ReversePlan are the two plans of the engine.
var (
	CommitPlan = Plan{Commit, []Step{
		StepFenceSource, StepCommitTime, StepDrain, StepRestoreDestination, StepReversePoint,
		StepOpenDestination, StepEnforceUnique,
	}, 5}
	ReversePlan = Plan{Reverse, []Step{
		StepReadReversePoint, StepProveUntouched, StepHandOver, StepRelax, StepSwitch, StepRetire,
	}, 5}
)

// PlanOf is the plan that a state carries out; ok is false for the others.
func PlanOf(s State) (p Plan, ok bool) {
	switch s {
	case Committing:
		return CommitPlan, true
	case Reversing:
		return ReversePlan, true
	}
	return Plan{}, false
}
