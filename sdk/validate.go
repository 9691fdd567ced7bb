package sdk

import (
	"encoding/json"
	"fmt"
	"strings"
)

// The limits on documents that both sides can check.
const (
	MaxRequestBytes  = 4 << 20
	MaxResponseBytes = 1 << 20
	MaxFindings      = 1000
	MaxEvidenceBytes = 16 << 10
	MaxNameBytes     = 64
	MaxComponents    = 64
)

// Validate reports the first thing in the response that the contract forbids: too many findings, a code that is not
// UPPER_SNAKE or is the engine's own, an unknown severity, no message, too much evidence. The engine treats such
// a response as no answer at all.
func (r *Response) Validate() error {
	if r == nil {
		return fmt.Errorf("there is no response")
	}
	if len(r.Findings) > MaxFindings {
		return fmt.Errorf("%d findings, more than %d", len(r.Findings), MaxFindings)
	}
	for i, f := range r.Findings {
		if err := f.validate(); err != nil {
			return fmt.Errorf("finding %d: %w", i, err)
		}
	}
	return nil
}

func (f Finding) validate() error {
	if !upperSnake(f.Code) {
		return fmt.Errorf("code %q is not UPPER_SNAKE", f.Code)
	}
	if f.Code == CodePluginFailed {
		return fmt.Errorf("code %s is the engine's own", f.Code)
	}
	switch f.Severity {
	case SeverityError, SeverityWarning, SeverityInfo:
	default:
		return fmt.Errorf("%s: severity %q is not error, warning or info", f.Code, f.Severity)
	}
	if f.Message == "" {
		return fmt.Errorf("%s: it has no message", f.Code)
	}
	return f.validateEvidence()
}

func (f Finding) validateEvidence() error {
	if len(f.Evidence) == 0 {
		return nil
	}
	doc, err := json.Marshal(f.Evidence)
	if err != nil {
		return fmt.Errorf("%s: evidence is not JSON: %w", f.Code, err)
	}
	if len(doc) > MaxEvidenceBytes {
		return fmt.Errorf("%s: evidence of %d bytes, more than %d", f.Code, len(doc), MaxEvidenceBytes)
	}
	return nil
}

// Validate reports the first thing in the descriptor that the contract forbids.
func (d Descriptor) Validate() error {
	if d.APIVersion != APIVersion {
		return fmt.Errorf("apiVersion is %q, want %q", d.APIVersion, APIVersion)
	}
	if !validName(d.Name) {
		return fmt.Errorf("module name %q is not lower case letters and digits with . _ - inside", d.Name)
	}
	if len(d.Components) == 0 || len(d.Components) > MaxComponents {
		return fmt.Errorf("module %s has %d components, want 1 to %d", d.Name, len(d.Components), MaxComponents)
	}
	seen := map[string]bool{}
	for _, c := range d.Components {
		if err := c.validate(); err != nil {
			return fmt.Errorf("module %s: component %q: %w", d.Name, c.Name, err)
		}
		if seen[c.Name] {
			return fmt.Errorf("module %s: component %q is there twice", d.Name, c.Name)
		}
		seen[c.Name] = true
	}
	return nil
}

func (c Component) validate() error {
	if !validName(c.Name) {
		return fmt.Errorf("the name is not lower case letters and digits with . _ - inside")
	}
	if c.Kind != KindCheck && c.Kind != KindHook {
		return fmt.Errorf("kind %q is not check or hook", c.Kind)
	}
	if len(c.Phases) == 0 {
		return fmt.Errorf("it names no phase")
	}
	for _, capability := range c.Capabilities {
		if err := capability.Validate(); err != nil {
			return err
		}
	}
	return nil
}

// Validate reports what is wrong with the capability by itself; whether the engine offers it is another matter.
func (c Capability) Validate() error {
	if c.Op == "" {
		return fmt.Errorf("a capability names no op")
	}
	if c.Cluster != RoleSource && c.Cluster != RoleDestination && c.Cluster != RoleAny {
		return fmt.Errorf("capability %s: cluster %q is not source, destination or any", c.Op, c.Cluster)
	}
	reads := c.Op == OpFind || c.Op == OpAggregate
	if reads && len(c.Commands) > 0 {
		return fmt.Errorf("capability %s: commands belong to %s", c.Op, OpRunCommand)
	}
	if !reads && len(c.Namespaces) > 0 {
		return fmt.Errorf("capability %s: namespaces belong to %s and %s", c.Op, OpFind, OpAggregate)
	}
	for _, ns := range c.Namespaces {
		if database, collection, dot := strings.Cut(ns, "."); database == "" || dot && collection == "" {
			return fmt.Errorf("capability %s: namespace %q is neither a database nor database.collection", c.Op, ns)
		}
	}
	return nil
}

func upperSnake(s string) bool {
	if s == "" || len(s) > MaxNameBytes || s[0] < 'A' || s[0] > 'Z' || s[len(s)-1] == '_' {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}

func validName(s string) bool {
	if s == "" || len(s) > MaxNameBytes || !alnum(s[0]) || !alnum(s[len(s)-1]) {
		return false
	}
	for _, c := range []byte(s) {
		if !alnum(c) && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

func alnum(c byte) bool { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') }
