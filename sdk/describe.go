package sdk

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Descriptor is what a module says about itself. It is asked for once, when the module is loaded, and while it
// answers the module may make no host call.
type Descriptor struct {
	APIVersion string `json:"apiVersion"`
	// Name is the module's name, with the author's prefix: acme.indexes. Lower case letters, digits, and . _ - inside.
	Name string `json:"name"`
	// Version is the author's own; the engine records it and draws no conclusion from it.
	Version    string      `json:"version"`
	Components []Component `json:"components"`
}

// Component describes one check or hook of a module.
type Component struct {
	// Name is unique in the module. Lower case letters, digits, and . _ - inside.
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
	// Phases are those in which the component can run; the operator's manifest may name fewer.
	Phases []Phase `json:"phases"`
	// Capabilities are the host calls it would like to make. What it may make in the end is what it asks for, cut to
	// what the operator grants, cut to the engine's read-only list.
	Capabilities []Capability `json:"capabilities,omitempty"`
	// Facts are the families it needs (FactVersions and so on); only these are in the request.
	Facts []string `json:"facts,omitempty"`
	// ConfigSchema describes the operator's configuration in a small part of JSON Schema (type, properties, required,
	// additionalProperties, items, enum). Without one the component takes no configuration.
	ConfigSchema json.RawMessage `json:"configSchema,omitempty"`
	// Timeout is how long an evaluation may take; 0 takes the engine's default (5 s a check, 30 s a hook).
	Timeout Duration `json:"timeout,omitzero"`
}

// Capability is a right asked for in a Component, or given in a manifest.
type Capability struct {
	// Cluster is the side it holds for: source, destination or any.
	Cluster Role `json:"cluster"`
	// Op is the host operation, for example OpRunCommand.
	Op string `json:"op"`
	// Commands are the server commands that OpRunCommand may send; they are matched exactly.
	Commands []string `json:"commands,omitempty"`
	// Namespaces are what OpFind and OpAggregate may read: databases ("app") and collections ("app.orders"). None means
	// every one that the engine gives to modules. A stage such as $lookup needs the right to what it reads, too.
	Namespaces []string `json:"namespaces,omitempty"`
}

// Allows reports whether the capability covers the operation on the cluster: for OpRunCommand the command that name
// says, for OpFind and OpAggregate the namespace, which is a database or a collection with its database.
func (c Capability) Allows(cluster Role, op, name string) bool {
	if c.Op != op || (c.Cluster != cluster && c.Cluster != RoleAny) {
		return false
	}
	switch op {
	case OpRunCommand:
		return contains(c.Commands, name)
	case OpFind, OpAggregate:
		database, _, _ := strings.Cut(name, ".")
		return len(c.Namespaces) == 0 || contains(c.Namespaces, name) || contains(c.Namespaces, database)
	}
	return true
}

// Duration is a time.Duration that is written as text ("5s") in JSON.
type Duration time.Duration

// String is how time.Duration prints it.
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText writes the duration as time.Duration prints it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what time.ParseDuration accepts, and refuses negative values.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return err
	}
	if v < 0 {
		return fmt.Errorf("duration %q is negative", text)
	}
	*d = Duration(v)
	return nil
}
