// Package wayback tells, before one leaves, whether the way back would be open: what the built-in checks named in rules
// would refuse a reverse for is looked at before a start and a commit that are to be reversible. It does not know the
// checks of others.
package wayback

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/revsync/revsync/checks/internal/unknown"
	"github.com/revsync/revsync/checks/permissions"
	"github.com/revsync/revsync/checks/topology"
	"github.com/revsync/revsync/checks/uniqueindex"
	"github.com/revsync/revsync/checks/versions"
	"github.com/revsync/revsync/sdk"
)

// Check is the component.
func Check() sdk.Part {
	p := sdk.Check("way-back", judge, sdk.PhasePreflight, sdk.PhasePreStart, sdk.PhasePreCommit)
	for _, rule := range rules() {
		p = p.Needs(missing(p.Facts, rule.Facts)...)
		p.Timeout = max(p.Timeout, rule.Timeout)
	}
	return p
}

// rules are the checks whose verdict on a reverse does not need the commit to have happened. The others are about what
// lies between commit and reverse, and speak for themselves before a start and a commit.
func rules() []sdk.Part {
	return []sdk.Part{permissions.Check(), versions.Check(), topology.Check(), uniqueindex.Check()}
}

func missing(have, want []string) (out []string) {
	for _, w := range want {
		if !slices.Contains(have, w) {
			out = append(out, w)
		}
	}
	return out
}

func judge(ctx context.Context, h sdk.Host, r *sdk.Request) ([]sdk.Finding, error) {
	if !r.Facts.Options.Known {
		return []sdk.Finding{unknown.Options()}, nil
	}
	if r.Trigger == sdk.TriggerReverse || !r.Facts.Options.Reversible {
		return nil, nil
	}
	later := *r
	later.Trigger, later.Phase = sdk.TriggerReverse, sdk.PhasePreReverse
	var reasons reasons
	for _, rule := range rules() {
		answer, err := rule.Evaluate(ctx, h, &later)
		if err != nil {
			return nil, sdk.Statusf(sdk.StatusOf(err).Code, "%s: %s", rule.Name, err)
		}
		for _, f := range answer.Findings {
			if f.Severity == sdk.SeverityError {
				reasons.add(rule.Name, f)
			}
		}
	}
	if len(reasons) == 0 {
		return []sdk.Finding{open()}, nil
	}
	return []sdk.Finding{reasons.finding(r.Trigger)}, nil
}

// open says what was looked at, and what was not: a check of somebody else that guards a reverse is asked at that time only.
func open() sdk.Finding {
	var names []string
	for _, rule := range rules() {
		names = append(names, rule.Name)
	}
	return sdk.Infof("WAY_BACK_OPEN", "as things are, nothing that the built-in checks %s look at would refuse a reverse of this sync; "+
		`POST /api/v1/preflight {"trigger":"reverse"} asks all plugins`, strings.Join(names, ", "))
}

// reason is one code of one check, with how often it was found.
type reason struct {
	check, code, first string
	count              int
}

type reasons []reason

func (all *reasons) add(check string, f sdk.Finding) {
	for i, r := range *all {
		if r.check == check && r.code == f.Code {
			(*all)[i].count++
			return
		}
	}
	*all = append(*all, reason{check, f.Code, f.Message, 1})
}

func (all reasons) finding(t sdk.Trigger) sdk.Finding {
	var texts []string
	counts := map[string]any{}
	for _, r := range all {
		text := r.code + ": " + r.first
		if r.count > 1 {
			text += " (and " + strconv.Itoa(r.count-1) + " more)"
		}
		texts = append(texts, text)
		counts[r.check+" "+r.code] = r.count
	}
	return sdk.Warningf("WAY_BACK_CLOSED", "as things are, a reverse of this sync would be refused: %s", strings.Join(texts, "; ")).
		Because("refusedBy", counts).
		Cure("cure what is named before the commit: afterwards the old side is closed, and a change there closes the way back for good")
}
