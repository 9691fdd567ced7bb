package author

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/revsync/revsync/hostapi/guest"
	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/sdk"
)

// ReadRequest reads a request document; what it leaves out, Run fills in. A field that no request has is refused, since it
// would do nothing.
func ReadRequest(doc []byte) (sdk.Request, error) {
	var req sdk.Request
	d := json.NewDecoder(bytes.NewReader(doc))
	d.DisallowUnknownFields()
	err := d.Decode(&req)
	if err == nil && d.More() {
		err = errors.New("data after the document")
	}
	if err != nil {
		return req, fmt.Errorf("the request is not valid: %w", err)
	}
	return req, nil
}

// Run evaluates one component, the request's or else the first, as the engine would, with the manifest's grants. Without
// a phase it is the component's first, without a trigger one that belongs to the phase. A hook acts, unless the phase is
// preflight. clusters answers its commands and may be nil.
func (p *Plugin) Run(ctx context.Context, req sdk.Request, clusters guest.Commander) (sdk.Report, error) {
	return p.run(ctx, req, clusters, nil)
}

// run puts between between the module and its host, when it is not nil.
func (p *Plugin) run(ctx context.Context, req sdk.Request, clusters guest.Commander, between func(sdk.Host, *sdk.Request) sdk.Host) (sdk.Report, error) {
	rules, offered, err := p.component(req.Component)
	if err != nil {
		return sdk.Report{}, err
	}
	if len(req.Config) > 0 {
		rules.Config = req.Config
	}
	if req.Phase == "" {
		req.Phase = offered.Phases[0]
	}
	if req.Trigger == "" {
		req.Trigger = triggerOf(req.Phase, offered.Phases)
	}
	req.Component = "" // the one that is run has no others beside it
	one := only{Module: p.Module, digest: p.Digest, manifest: plugins.Manifest{Name: p.Descriptor.Name, Components: []plugins.ManifestComponent{rules}}, between: between}
	runner := plugins.Options{Now: clockOf(req), Limits: plugins.Limits{Check: 30 * time.Second}}.NewRunner(one)
	report, err := runner.Bind(guest.Hosts{Now: clockOf(req)}).Review(ctx, clusters, req)
	if err == nil && len(report.Results) == 0 {
		err = fmt.Errorf("component %s does not run in phase %s for trigger %s", rules.Name, req.Phase, req.Trigger)
	}
	return report, err
}

// component finds what the operator and the module say about a component; the first one has no name to be given.
func (p *Plugin) component(name string) (plugins.ManifestComponent, sdk.Component, error) {
	list := p.rules()
	i := slices.IndexFunc(list, func(c plugins.ManifestComponent) bool { return name == "" || c.Name == name })
	if i < 0 {
		return plugins.ManifestComponent{}, sdk.Component{}, fmt.Errorf("there is no component %q", name)
	}
	j := slices.IndexFunc(p.Descriptor.Components, func(c sdk.Component) bool { return c.Name == list[i].Name })
	return list[i], p.Descriptor.Components[j], nil
}

// rules are the manifest's, or for a bare file all that the module asks for.
func (p *Plugin) rules() (list []plugins.ManifestComponent) {
	if p.Manifest != nil {
		return p.Manifest.Components
	}
	for _, c := range p.Descriptor.Components {
		list = append(list, plugins.ManifestComponent{Name: c.Name, Grants: c.Capabilities})
	}
	return list
}

// triggerOf chooses a trigger that the phase belongs to; a preflight belongs to each that the component guards.
func triggerOf(phase sdk.Phase, offered []sdk.Phase) sdk.Trigger {
	for _, t := range sdk.Triggers {
		if phase == t.Gate() || phase == t.Notice() || phase == sdk.PhasePreflight && slices.Contains(offered, t.Gate()) {
			return t
		}
	}
	return sdk.TriggerReverse
}

// clockOf stands still at the request's time, so that the same request gets the same answer.
func clockOf(req sdk.Request) func() time.Time {
	if req.Now.IsZero() {
		return nil
	}
	return func() time.Time { return req.Now }
}

// only is a module with a manifest for the component that is run.
type only struct {
	plugins.Module
	digest   string
	manifest plugins.Manifest
	between  func(sdk.Host, *sdk.Request) sdk.Host
}

// Manifest implements plugins.Managed.
func (o only) Manifest() plugins.Manifest { return o.manifest }

// Digest implements plugins.Digester.
func (o only) Digest() string { return o.digest }

// Evaluate passes the call on.
func (o only) Evaluate(ctx context.Context, host sdk.Host, req *sdk.Request) (*sdk.Response, error) {
	if o.between != nil {
		host = o.between(host, req)
	}
	return o.Module.Evaluate(ctx, host, req)
}
