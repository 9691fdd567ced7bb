package plugins

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/revsync/revsync/sdk"
)

// plan makes the list of jobs: the components that the phase needs, and a failed result for everything that
// should be there and is not.
func (v *review) plan(ctx context.Context) {
	seen := map[string]bool{}
	for i, m := range v.runner.modules {
		if m == nil {
			v.fail(sdk.Result{Module: fmt.Sprintf("#%d", i+1), Required: true}, errors.New("the program passed no module here"))
			continue
		}
		v.planModule(ctx, m, seen)
	}
	for _, name := range v.runner.Missing(ctx) {
		if slices.ContainsFunc(v.jobs, func(j *job) bool { return j.name() == name }) {
			continue // why it cannot be used is said already
		}
		module, component, _ := strings.Cut(name, "/")
		result := failed(sdk.Result{Module: module, Component: component, Required: true}, errNotThere)
		result.Findings[0].Remediation = "see that the plugin is in a plugin folder and its plugin.json names what is required, then load the plugins again; or no longer require it"
		v.jobs = append(v.jobs, &job{result: result})
	}
	if v.req.Component != "" {
		v.jobs = slices.DeleteFunc(v.jobs, func(j *job) bool { return !j.isPartOf(v.req.Component) })
	}
}

var errNotThere = errors.New("it is required, and not loaded, not switched on, or not to be used")

// isPartOf reports whether the job is the component of this name, or stands for its whole module, which cannot be used.
func (j *job) isPartOf(name string) bool {
	return j.name() == name || j.result.Component == "" && strings.HasPrefix(name, j.result.Module+"/")
}

func (v *review) planModule(ctx context.Context, m Module, seen map[string]bool) {
	d, manifest, err := usable(ctx, m)
	if err == nil && seen[d.Name] {
		err = fmt.Errorf("another module has the name %s too", d.Name)
	}
	if err != nil {
		v.failModule(d, manifest, err)
		return
	}
	seen[d.Name] = true
	v.planComponents(m, d, manifest)
}

// planComponents takes the components in the order of the manifest, which is the operator's, or in the module's own.
func (v *review) planComponents(m Module, d sdk.Descriptor, manifest *Manifest) {
	if manifest == nil {
		for _, c := range d.Components {
			v.planComponent(&job{module: m, descriptor: d, component: c}, c.Phases)
		}
		return
	}
	for _, rules := range manifest.Components {
		c, _ := componentOf(d, rules.Name) // Match has found it
		phases := c.Phases
		if len(rules.Phases) > 0 {
			phases = rules.Phases
		}
		v.planComponent(&job{module: m, descriptor: d, component: c, managed: true, rules: rules}, phases)
	}
}

func (v *review) planComponent(j *job, phases []sdk.Phase) {
	if !v.concerns(phases) {
		return
	}
	j.result = sdk.Result{Module: j.descriptor.Name, ModuleVersion: j.descriptor.Version, ModuleDigest: digestOf(j.module), Component: j.component.Name,
		Kind: j.component.Kind, Required: v.required(j.descriptor.Name, j.component.Name, j.rules.FailurePolicy), Findings: []sdk.Finding{}}
	v.jobs = append(v.jobs, j)
}

// concerns reports whether a component with these phases takes part in the review. A preflight shows what the trigger
// would meet, so the phases of the trigger decide, and what runs in preflight only is added.
func (v *review) concerns(phases []sdk.Phase) bool {
	if v.req.Phase != sdk.PhasePreflight {
		return slices.Contains(phases, v.req.Phase)
	}
	only := !slices.ContainsFunc(phases, func(p sdk.Phase) bool { return p != sdk.PhasePreflight })
	return only || slices.Contains(phases, v.req.Trigger.Gate())
}

// failModule refuses the phases of a module that cannot be used: those in its manifest, or all when nobody knows.
func (v *review) failModule(d sdk.Descriptor, manifest *Manifest, err error) {
	result := sdk.Result{Module: d.Name, ModuleVersion: d.Version, Required: true}
	if manifest == nil || len(manifest.Components) == 0 {
		if manifest != nil {
			result.Module = manifest.Name
		}
		if result.Module == "" {
			result.Module = "(unnamed)"
		}
		v.fail(result, err)
		return
	}
	for _, c := range manifest.Components {
		if len(c.Phases) > 0 && !v.concerns(c.Phases) {
			continue
		}
		v.fail(sdk.Result{Module: manifest.Name, ModuleDigest: manifest.SHA256, Component: c.Name,
			Required: v.required(manifest.Name, c.Name, c.FailurePolicy)}, err)
	}
}

// required reports whether a component that gives no answer refuses: unless its manifest says otherwise, and the operator
// who starts the engine has not named it or its module.
func (v *review) required(module, component string, policy FailurePolicy) bool {
	named := v.runner.opts.Required
	return policy != FailurePolicyIgnore || slices.Contains(named, module) || slices.Contains(named, join(module, component))
}

func (v *review) fail(result sdk.Result, reason error) {
	v.jobs = append(v.jobs, &job{result: failed(result, reason)})
}

// failed makes the result of a component that gave no usable answer.
func failed(result sdk.Result, reason error) sdk.Result {
	f := sdk.Errorf(sdk.CodePluginFailed, "plugin %s gave no answer: %v", join(result.Module, result.Component), reason)
	if !result.Required {
		f.Severity = sdk.SeverityWarning
	}
	f.Remediation = cureOf(reason)
	result.Outcome, result.Findings, result.Outputs = sdk.OutcomeFailed, []sdk.Finding{f}, nil
	return result
}

// cureOf is what to do about a component that gave no answer.
func cureOf(reason error) string {
	switch sdk.StatusOf(reason).Code {
	case sdk.CodePermissionDenied:
		return "grant it in plugin.json what it asks for, if it may have that, and load the plugins again; or remove it"
	case sdk.CodeUnavailable:
		return "see that both clusters can be reached, then try again"
	case sdk.CodeDeadlineExceeded:
		return "try again; if it needs more time than that, let its author allow it, or remove it"
	}
	return "repair the plugin, or remove it if it is not needed, and load the plugins again"
}

func (j *job) name() string { return join(j.result.Module, j.result.Component) }

func join(module, component string) string {
	if component == "" {
		return module
	}
	return module + "/" + component
}

func digestOf(m Module) string {
	if d, ok := m.(Digester); ok {
		return d.Digest()
	}
	return ""
}
