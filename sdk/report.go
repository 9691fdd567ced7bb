package sdk

import "time"

// Report is the outcome of one review: what every component answered and the verdict that the engine drew. It can
// be replayed: FactsDigest names the facts, each result the digest of the module that judged them.
type Report struct {
	APIVersion   string  `json:"apiVersion"`
	EvaluationID string  `json:"evaluationId"`
	Trigger      Trigger `json:"trigger"`
	Phase        Phase   `json:"phase"`
	DryRun       bool    `json:"dryRun"`
	// Eligible is the verdict: every required component answered and no finding is an error.
	Eligible bool `json:"eligible"`
	// Results is in the order of the modules and of their components, never nil.
	Results []Result `json:"results"`
	// FactsDigest is the SHA-256, in hexadecimal, of the facts as JSON.
	FactsDigest    string    `json:"factsDigest"`
	StartedAt      time.Time `json:"startedAt"`
	DurationMillis int64     `json:"durationMillis"`
}

// Outcome is how the evaluation of one component ended.
type Outcome string

// The outcomes.
const (
	OutcomePassed  Outcome = "passed"  // it answered and no finding is an error
	OutcomeRefused Outcome = "refused" // it answered with an error finding
	OutcomeFailed  Outcome = "failed"  // it gave no usable answer; the finding PLUGIN_FAILED says why
	OutcomeSkipped Outcome = "skipped" // a hook that was not run: dry run, or something before it refused
)

// Result is what became of one component.
type Result struct {
	Module        string `json:"module"`
	ModuleVersion string `json:"moduleVersion,omitempty"`
	// ModuleDigest is the SHA-256 of the module's file in hexadecimal, "" for a module without a file.
	ModuleDigest string `json:"moduleDigest,omitempty"`
	// Component is "" when the module as a whole could not be used.
	Component string `json:"component"`
	Kind      Kind   `json:"kind,omitempty"`
	// Required is false for a component whose failure to answer is only a warning (failurePolicy ignore).
	Required bool           `json:"required"`
	Outcome  Outcome        `json:"outcome"`
	Findings []Finding      `json:"findings"`
	Outputs  map[string]any `json:"outputs,omitempty"`
	// Accepted lists the codes whose error findings the operator has accepted for this request: they are warnings here.
	Accepted []string `json:"accepted,omitempty"`
	// HostCalls counts the calls the component made, Denied lists those that were refused for lack of a right.
	HostCalls      int          `json:"hostCalls"`
	Denied         []DeniedCall `json:"denied,omitempty"`
	DurationMillis int64        `json:"durationMillis"`
}

// DeniedCall is one host call that a component was not entitled to. Command is the command of OpRunCommand, and the
// namespace of OpFind and OpAggregate.
type DeniedCall struct {
	Op      string `json:"op"`
	Cluster Role   `json:"cluster,omitempty"`
	Command string `json:"command,omitempty"`
	Reason  string `json:"reason"`
}

// ReportedFinding is a finding with the component that made it.
type ReportedFinding struct {
	Module    string `json:"module"`
	Component string `json:"component"`
	Finding
	// Accepted marks an error that became a warning because the operator accepted it for this request.
	Accepted bool `json:"accepted,omitempty"`
}

// Name is what an operator accepts the finding by: "module/component/CODE".
func (f ReportedFinding) Name() string { return f.Module + "/" + f.Component + "/" + f.Code }

// Findings lists all findings of the given severities, or all of them when none is given, in the report's order.
// The list is never nil.
func (r *Report) Findings(severities ...Severity) []ReportedFinding {
	list := []ReportedFinding{}
	for _, result := range r.Results {
		for _, f := range result.Findings {
			if len(severities) == 0 || contains(severities, f.Severity) {
				list = append(list, ReportedFinding{Module: result.Module, Component: result.Component, Finding: f,
					Accepted: f.Severity == SeverityWarning && contains(result.Accepted, f.Code)})
			}
		}
	}
	return list
}

func contains[T comparable](list []T, v T) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}
