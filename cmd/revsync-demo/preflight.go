package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// preflight is the part of a preflight reply that is shown.
type preflight struct {
	Eligible bool
	Refusal  *string
	Steps    []string
	Checks   []struct {
		Severity, Code, Message string
		Resource                struct{ Cluster string }
	}
}

// preflight asks what a reverse would do, and shows the long answer in short.
func (d *demo) preflight(ctx context.Context) error {
	const path, body = "preflight", `{"trigger":"reverse"}`
	d.out.curl(d.server.API, path, body)
	r, err := d.server.API.Call(ctx, path, body)
	if err != nil {
		return err
	}
	var answer struct{ Preflight preflight }
	if err := json.Unmarshal(r.Raw, &answer); err != nil {
		return err
	}
	p := answer.Preflight
	d.out.say("eligible: %v, in %d steps: %s", p.Eligible, len(p.Steps), strings.Join(p.Steps, ", "))
	for _, check := range p.Checks {
		if check.Severity == "info" {
			d.out.say("  %-7s %s", check.Severity, strings.TrimSpace(check.Code+" "+check.Resource.Cluster))
		} else {
			d.out.say("  %-7s %s: %s", check.Severity, check.Code, check.Message)
		}
	}
	if !p.Eligible {
		return fmt.Errorf("a reverse would be refused: %s", r.Raw)
	}
	return nil
}
