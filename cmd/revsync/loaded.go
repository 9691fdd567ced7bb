package main

import (
	"cmp"
	"context"

	"github.com/revsync/revsync/hostapi/rest"
	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/sdk"
)

// Plugins implements rest.Plugins: all of them, in the order in which they are asked.
// Those that are still being loaded say so in their place.
func (c *checkSet) Plugins(ctx context.Context) (list []rest.Plugin) {
	_ = c.wait(ctx) // the modules know it too
	c.gate.Use(func(r *plugins.Runner) { list = showAll(ctx, r.Modules()) })
	return list
}

func showAll(ctx context.Context, modules []plugins.Module) []rest.Plugin {
	list := []rest.Plugin{}
	for _, m := range modules {
		list = append(list, showModule(ctx, m))
	}
	return list
}

func showModule(ctx context.Context, m plugins.Module) rest.Plugin {
	d, err := m.Describe(ctx)
	p := rest.Plugin{Name: d.Name, Version: d.Version, Runtime: "builtin", Components: []rest.PluginComponent{}}
	if err != nil {
		text := err.Error()
		p.Error = &text
	}
	if file, ok := m.(plugins.Digester); ok {
		p.SHA256 = file.Digest()
	}
	if installed, ok := m.(*plugins.Installed); ok {
		p.SignedBy = installed.SignedBy()
	}
	managed, ok := m.(plugins.Managed)
	if !ok {
		for _, c := range d.Components {
			p.Components = append(p.Components, showComponent(c, plugins.ManifestComponent{Name: c.Name, Grants: c.Capabilities}))
		}
		return p
	}
	manifest := managed.Manifest()
	p.Name, p.Runtime = manifest.Name, cmp.Or(manifest.Runtime, "unknown")
	for _, rules := range manifest.Components {
		p.Components = append(p.Components, showComponent(componentOf(d, rules.Name), rules))
	}
	return p
}

func componentOf(d sdk.Descriptor, name string) sdk.Component {
	for _, c := range d.Components {
		if c.Name == name {
			return c
		}
	}
	return sdk.Component{}
}

// showComponent joins what the module offers with what the operator's manifest says.
func showComponent(c sdk.Component, rules plugins.ManifestComponent) rest.PluginComponent {
	phases := rules.Phases
	if len(phases) == 0 {
		phases = c.Phases
	}
	return rest.PluginComponent{Name: rules.Name, Kind: c.Kind, Phases: append([]sdk.Phase{}, phases...),
		Required: rules.FailurePolicy != plugins.FailurePolicyIgnore, Grants: append([]sdk.Capability{}, rules.Grants...)}
}
