package plugins

import (
	"context"
	"fmt"
	"slices"

	"github.com/revsync/revsync/sdk"
)

// maxVersionBytes bounds a module's version, which is kept with every command that it has judged.
const maxVersionBytes = 128

// usable is the description of a module that can be asked what it was installed for, with its manifest if it has one.
func usable(ctx context.Context, m Module) (d sdk.Descriptor, manifest *Manifest, err error) {
	if managed, ok := m.(Managed); ok {
		own := managed.Manifest()
		manifest = &own
	}
	d, err = m.Describe(ctx)
	if err == nil {
		err = checkDescriptor(d)
	}
	if err == nil && manifest != nil {
		err = manifest.Match(d)
	}
	return d, manifest, err
}

// checkDescriptor is Descriptor.Validate for this release of the engine: it passes over phases of later ones, but not over
// a component that has no other, since nobody would ever ask that, and a misspelled gate must not look like an open one.
func checkDescriptor(d sdk.Descriptor) error {
	if err := d.Validate(); err != nil {
		return err
	}
	if len(d.Version) > maxVersionBytes {
		return fmt.Errorf("module %s: version of %d bytes, more than %d", d.Name, len(d.Version), maxVersionBytes)
	}
	for _, c := range d.Components {
		known := func(p sdk.Phase) bool { return slices.Contains(sdk.Phases, p) }
		if !slices.ContainsFunc(c.Phases, known) {
			return fmt.Errorf("module %s: component %q has none of the phases %q, so that it would never be asked, only %q", d.Name, c.Name, sdk.Phases, c.Phases)
		}
	}
	return nil
}
