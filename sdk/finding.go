package sdk

// Severity ranks a finding.
type Severity string

// The severities. An error refuses the trigger; a warning and an info are shown.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
	SeverityInfo    Severity = "info"
)

// CodePluginFailed is the code of the finding that the engine writes for a component that gave no usable answer.
// Modules must not use it.
const CodePluginFailed = "PLUGIN_FAILED"

// Finding is one fact for the operator.
type Finding struct {
	// Code is stable, documented and in UPPER_SNAKE form; operators and scripts go by it.
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	// Message says what was found, with names and values, in one or two sentences.
	Message string `json:"message"`
	// Remediation says what to do about it, as a command line where there is one.
	Remediation string `json:"remediation,omitempty"`
	// Resource is what the finding is about.
	Resource Resource `json:"resource,omitzero"`
	// Evidence is what the judgement rests on; at most MaxEvidenceBytes as JSON.
	Evidence map[string]any `json:"evidence,omitempty"`
	// Docs is the address of a page that explains the finding.
	Docs string `json:"docs,omitempty"`
}

// Resource names what a finding is about; each field may be empty.
type Resource struct {
	// Cluster is the cluster's name (cluster0, cluster1), which stays the same when roles change.
	Cluster string `json:"cluster,omitempty"`
	// Namespace is database.collection, or the name of a database.
	Namespace string `json:"namespace,omitempty"`
	Index     string `json:"index,omitempty"`
}

// Errorf makes a finding that refuses the trigger.
func Errorf(code, format string, args ...any) Finding {
	return Finding{Code: code, Severity: SeverityError, Message: sprintf(format, args...)}
}

// Warningf makes a finding that is shown and refuses nothing.
func Warningf(code, format string, args ...any) Finding {
	return Finding{Code: code, Severity: SeverityWarning, Message: sprintf(format, args...)}
}

// Infof makes a finding that says that something was looked at and is as it should be.
func Infof(code, format string, args ...any) Finding {
	return Finding{Code: code, Severity: SeverityInfo, Message: sprintf(format, args...)}
}

// On returns the finding with its resource's cluster set.
func (f Finding) On(cluster string) Finding {
	f.Resource.Cluster = cluster
	return f
}

// Cure returns the finding with its remediation set.
func (f Finding) Cure(format string, args ...any) Finding {
	f.Remediation = sprintf(format, args...)
	return f
}

// Because returns the finding with one more piece of evidence; the receiver is left as it is.
func (f Finding) Because(key string, value any) Finding {
	evidence := make(map[string]any, len(f.Evidence)+1)
	for k, v := range f.Evidence {
		evidence[k] = v
	}
	evidence[key] = value
	f.Evidence = evidence
	return f
}

// Response is what a component answers. It has no verdict: the engine computes that from the findings.
type Response struct {
	// Findings is never nil on the wire: a component that found nothing answers an empty list.
	Findings []Finding `json:"findings"`
	// Outputs is kept in the report for whoever reads it; the engine does not look at it.
	Outputs map[string]any `json:"outputs,omitempty"`
}
