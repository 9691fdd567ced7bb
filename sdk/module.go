package sdk

import "context"

// Module is a module as its author writes it: a name and the components with their code. The same value can be
// served as WASM (sdk/guest), run inside the engine (plugins.Native), or called from a test.
type Module struct {
	Name    string
	Version string
	Parts   []Part
}

// Part is one component together with its code.
type Part struct {
	Component
	// Evaluate answers one request. An error means that the component could not judge, which refuses the trigger just
	// as an error finding does; wrap a *StatusError to choose its code. It must return when ctx ends.
	Evaluate func(ctx context.Context, h Host, r *Request) (*Response, error)
}

// CheckFunc judges one request. Findings of severity error refuse the trigger; an error says that it could not judge
// and refuses it too.
type CheckFunc func(ctx context.Context, h Host, r *Request) ([]Finding, error)

// Check makes a part of kind check out of a function. Without phases it runs in preflight and before a reverse.
// Set capabilities, facts, schema and timeout on the returned part.
func Check(name string, f CheckFunc, phases ...Phase) Part {
	if len(phases) == 0 {
		phases = []Phase{PhasePreflight, PhasePreReverse}
	}
	return part(name, KindCheck, phases, f)
}

// HookFunc acts. The findings say what it has done; an error finding, or an error, refuses the trigger in a pre phase and
// is only shown in a post phase. It may be called again with the same Request.IdempotencyKey, and has to end in the same
// state then.
type HookFunc func(ctx context.Context, h Host, r *Request) ([]Finding, error)

// Hook makes a part of kind hook out of a function that runs in the given phases, after all checks.
func Hook(name string, f HookFunc, phases ...Phase) Part {
	return part(name, KindHook, phases, CheckFunc(f))
}

func part(name string, kind Kind, phases []Phase, f CheckFunc) Part {
	return Part{
		Component: Component{Name: name, Kind: kind, Phases: phases},
		Evaluate: func(ctx context.Context, h Host, r *Request) (*Response, error) {
			findings, err := f(ctx, h, r)
			if err != nil {
				return nil, err
			}
			return &Response{Findings: findings}, nil
		},
	}
}

// Needs returns the part with the fact families it needs added.
func (p Part) Needs(families ...string) Part {
	p.Facts = append(append([]string(nil), p.Facts...), families...)
	return p
}

// Asks returns the part with the capability to run the named commands on the cluster added.
func (p Part) Asks(cluster Role, commands ...string) Part {
	p.Capabilities = append(append([]Capability(nil), p.Capabilities...),
		Capability{Cluster: cluster, Op: OpRunCommand, Commands: commands})
	return p
}

// Reads returns the part with the capability to read the contents of collections added. op is OpFind or OpAggregate; the
// namespaces are databases ("app") and collections ("app.orders"), none means all.
func (p Part) Reads(cluster Role, op string, namespaces ...string) Part {
	p.Capabilities = append(append([]Capability(nil), p.Capabilities...),
		Capability{Cluster: cluster, Op: op, Namespaces: namespaces})
	return p
}

// Descriptor is the module's describe document.
func (m *Module) Descriptor() Descriptor {
	d := Descriptor{APIVersion: APIVersion, Name: m.Name, Version: m.Version, Components: []Component{}}
	for _, p := range m.Parts {
		d.Components = append(d.Components, p.Component)
	}
	return d
}

// Evaluate runs the component that the request names. An unknown one is a NotFound error. The response's findings
// are never nil.
func (m *Module) Evaluate(ctx context.Context, h Host, r *Request) (*Response, error) {
	for _, p := range m.Parts {
		if p.Name != r.Component {
			continue
		}
		resp, err := p.Evaluate(ctx, h, r)
		if err != nil {
			return nil, err
		}
		if resp == nil {
			return nil, Statusf(CodeInternal, "component %s returned no response", p.Name)
		}
		if resp.Findings == nil {
			resp.Findings = []Finding{}
		}
		return resp, nil
	}
	return nil, Statusf(CodeNotFound, "module %s has no component %q", m.Name, r.Component)
}
