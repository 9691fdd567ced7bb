package plugins

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/revsync/revsync/sdk"
)

// Manifest is what the operator says about one plugin: which file, which of its components, and what they may do. It
// is the file plugin.json, one folder per plugin. Unknown fields are refused.
type Manifest struct {
	APIVersion string `json:"apiVersion"`
	// Name must be the name the module gives itself.
	Name string `json:"name"`
	// Runtime is how the file runs: wasm, or grpc for an executable that serves the contract over gRPC.
	Runtime string `json:"runtime"`
	// File is the name of the module's file in the plugin's folder.
	File string `json:"file"`
	// SHA256 pins the file's content, as 64 hexadecimal digits.
	SHA256 string `json:"sha256"`
	// Isolation is where a WASM module runs: process, a child of the engine, or inProcess, in the engine itself, where the
	// engine allows that. Empty leaves it to the engine, which takes process.
	Isolation string `json:"isolation,omitempty"`
	// MemoryMiB lowers the memory cap of a WASM module; 0 takes the engine's, and so does more than that.
	MemoryMiB  int                 `json:"memoryMiB,omitempty"`
	Components []ManifestComponent `json:"components"`
}

// ManifestComponent switches one component of a module on. Those that the manifest does not name do not run.
type ManifestComponent struct {
	Name string `json:"name"`
	// Phases are those in which it runs, out of those that the module offers; none means all of them.
	Phases []sdk.Phase `json:"phases,omitempty"`
	// FailurePolicy is what a failure to answer means: fail (the default) or ignore.
	FailurePolicy FailurePolicy `json:"failurePolicy,omitempty"`
	// Config goes to the component as it is; it must match the component's schema.
	Config json.RawMessage `json:"config,omitempty"`
	// Grants are the rights it gets, out of those that it asks for.
	Grants []sdk.Capability `json:"grants,omitempty"`
	// Timeout lowers the component's own; 0 leaves it.
	Timeout sdk.Duration `json:"timeout,omitzero"`
}

// reservedPrefix begins the names of the engine's guards and of the built-in checks, which nobody else may pose as.
const reservedPrefix = "revsync."

// DefaultMemoryMiB is the memory cap of a WASM module where the program says no other.
const DefaultMemoryMiB = 64

// FailurePolicy says what it means when a component gives no usable answer.
type FailurePolicy string

// The policies. Under either one an error finding refuses the trigger.
const (
	FailurePolicyFail   FailurePolicy = "fail"   // refuse the trigger
	FailurePolicyIgnore FailurePolicy = "ignore" // show a warning
)

// The values of Manifest.Isolation.
const (
	IsolationInProcess = "inProcess"
	IsolationProcess   = "process"
)

// ParseManifest reads a manifest and refuses everything that is not exactly one.
func ParseManifest(doc []byte) (Manifest, error) {
	var m Manifest
	d := json.NewDecoder(bytes.NewReader(doc))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return Manifest{}, fmt.Errorf("manifest: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Manifest{}, fmt.Errorf("manifest: data after the document")
	}
	if err := eachKeyOnce(json.NewDecoder(bytes.NewReader(doc)), false); err != nil {
		return Manifest{}, fmt.Errorf("manifest: %w", err)
	}
	if err := m.validate(); err != nil {
		return Manifest{}, fmt.Errorf("manifest: %w", err)
	}
	return m, nil
}

func (m Manifest) validate() error {
	switch {
	case m.APIVersion != sdk.APIVersion:
		return fmt.Errorf("apiVersion is %q, want %q", m.APIVersion, sdk.APIVersion)
	case m.Name == "":
		return fmt.Errorf("name is missing")
	case strings.HasPrefix(m.Name, reservedPrefix):
		return fmt.Errorf("name %q begins with %s, as only what is part of revsync does", m.Name, reservedPrefix)
	case m.Runtime == "":
		return fmt.Errorf("runtime is missing")
	case m.File == "" || filepath.Base(m.File) != m.File || m.File == "." || m.File == "..":
		return fmt.Errorf("file %q is not the name of a file in the plugin's folder", m.File)
	case !isSHA256(m.SHA256):
		return fmt.Errorf("sha256 must be the file's digest as 64 lower case hexadecimal digits")
	case m.Isolation != "" && m.Isolation != IsolationInProcess && m.Isolation != IsolationProcess:
		return fmt.Errorf("isolation %q is not %s or %s", m.Isolation, IsolationProcess, IsolationInProcess)
	case m.MemoryMiB < 0:
		return fmt.Errorf("memoryMiB is negative")
	case len(m.Components) == 0:
		return fmt.Errorf("it names no component")
	}
	return m.validateComponents()
}

func (m Manifest) validateComponents() error {
	seen := map[string]bool{}
	for _, c := range m.Components {
		if c.Name == "" || seen[c.Name] {
			return fmt.Errorf("component name %q is empty or there twice", c.Name)
		}
		seen[c.Name] = true
		if c.FailurePolicy != "" && c.FailurePolicy != FailurePolicyFail && c.FailurePolicy != FailurePolicyIgnore {
			return fmt.Errorf("component %s: failurePolicy %q is not fail or ignore", c.Name, c.FailurePolicy)
		}
		for _, p := range c.Phases {
			if !slices.Contains(sdk.Phases, p) {
				return fmt.Errorf("component %s: phase %q is not one of %q", c.Name, p, sdk.Phases)
			}
		}
		for _, g := range c.Grants {
			if err := g.Validate(); err != nil {
				return fmt.Errorf("component %s: %w", c.Name, err)
			}
		}
	}
	return nil
}

func isSHA256(s string) bool {
	raw, err := hex.DecodeString(s)
	return err == nil && len(raw) == 32 && hex.EncodeToString(raw) == s
}

// Match reports how the manifest asks for more than the module offers: another name, a component, phase or right
// that the description does not have, a right that the engine never gives, a configuration that the schema refuses.
func (m Manifest) Match(d sdk.Descriptor) error {
	if m.Name != d.Name {
		return fmt.Errorf("the manifest is for %q, the module calls itself %q", m.Name, d.Name)
	}
	for _, c := range m.Components {
		offered, ok := componentOf(d, c.Name)
		if !ok {
			return fmt.Errorf("the module has no component %q", c.Name)
		}
		if err := c.match(offered); err != nil {
			return fmt.Errorf("component %s: %w", c.Name, err)
		}
	}
	return nil
}

func (c ManifestComponent) match(offered sdk.Component) error {
	for _, p := range c.Phases {
		if !slices.Contains(offered.Phases, p) {
			return fmt.Errorf("the module does not offer phase %q", p)
		}
	}
	for _, g := range c.Grants {
		if err := matchGrant(g, offered.Capabilities); err != nil {
			return err
		}
	}
	if err := checkConfig(offered.ConfigSchema, c.Config); err != nil {
		return fmt.Errorf("config: %w", err)
	}
	return nil
}

func componentOf(d sdk.Descriptor, name string) (sdk.Component, bool) {
	for _, c := range d.Components {
		if c.Name == name {
			return c, true
		}
	}
	return sdk.Component{}, false
}
