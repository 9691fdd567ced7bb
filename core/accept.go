package core

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/sdk"
)

// maxAccept bounds the findings that one request accepts: whoever accepts more
// has not read them.
const maxAccept = 32

// findingName is module, component and code, as sdk writes them.
var findingName = regexp.MustCompile(`^([a-z0-9._-]{1,64})/([a-z0-9._-]{1,64})/([A-Z][A-Z0-9_]{0,63})$`)

// ValidateAccept refuses names that cannot be accepted: one that is not
// "module/component/CODE", one that is there twice, the engine's own guards,
// which keep data from being lost, and PLUGIN_FAILED, which says that nobody has
// looked. A name that no check uses is harmless and is not an error.
func ValidateAccept(names []string) error {
	if len(names) > maxAccept {
		return fmt.Errorf("%d findings to accept, more than %d", len(names), maxAccept)
	}
	for i, name := range names {
		parts := findingName.FindStringSubmatch(name)
		switch {
		case parts == nil:
			return fmt.Errorf("%.200q is not the name of a finding: use module/component/CODE", name)
		case parts[1] == guardModule:
			return fmt.Errorf("%s is a guard of the engine and cannot be accepted: put right what it says", name)
		case parts[3] == sdk.CodePluginFailed:
			return fmt.Errorf("%s says that a check gave no answer, which cannot be accepted: repair the plugin, or remove it", name)
		case slices.Contains(names[:i], name):
			return fmt.Errorf("%s is there twice", name)
		}
	}
	return nil
}

// acceptable refuses the command when a name cannot be accepted.
func acceptable(op string, names []string) error {
	if err := ValidateAccept(names); err != nil {
		return refuse(op, InvalidRequest, "%w", err)
	}
	return nil
}

// accepted lists what the report let pass only because it was accepted, and
// logs it: once the command is accepted, somebody may want to know why.
func (s *Syncer) accepted(t lifecycle.Trigger, report sdk.Report) (list []lifecycle.Acceptance) {
	at := time.Now()
	for _, f := range report.Findings(sdk.SeverityWarning) {
		if f.Accepted {
			s.log.Warn("the operator has accepted a finding", "command", string(t), "finding", f.Name(), "says", f.Message)
			list = append(list, lifecycle.Acceptance{At: at, Request: t, Finding: f.Name()})
		}
	}
	return list
}
