package rest

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/sdk"
)

// evaluationReply answers a dry run of one component.
type evaluationReply struct {
	Evaluation evaluationJSON `json:"evaluation"`
	Success    bool           `json:"success"`
}

type evaluationJSON struct {
	Trigger sdk.Trigger `json:"trigger"`
	sdk.Result
}

// evaluate asks one component what it would say about a command.
func (s *Server) evaluate(ctx context.Context, body []byte) (any, error) {
	plugin, err := s.plugin(ctx)
	if err != nil {
		return nil, err
	}
	name := inPath(ctx, "component")
	i := slices.IndexFunc(plugin.Components, func(c PluginComponent) bool { return c.Name == name })
	switch {
	case i < 0 && plugin.Error != nil:
		return nil, refuse(notFound, "what component %.200q is cannot be told, since plugin %s is not loaded: %s", name, plugin.Name, *plugin.Error)
	case i < 0:
		return nil, refuse(notFound, "plugin %s has no component %.200q that is switched on; GET %splugins/%s lists them", plugin.Name, name, apiPath, plugin.Name)
	}
	trigger := guarded(plugin.Components[i])
	fields := object{"trigger": func(raw json.RawMessage) error { return oneOf(raw, &trigger, sdk.Triggers...) }}
	if err := fields.decode(body); err != nil {
		return nil, invalid("%w", err)
	}
	result, err := s.engine.Evaluate(ctx, trigger, plugin.Name+"/"+name)
	if err != nil {
		return nil, err
	}
	return evaluationReply{evaluationJSON{trigger, result}, true}, nil
}

// guarded is the first command that the component has a say in: the one it is
// asked about when the request names none.
func guarded(c PluginComponent) sdk.Trigger {
	for _, t := range sdk.Triggers {
		if slices.Contains(c.Phases, t.Gate()) {
			return t
		}
	}
	return sdk.TriggerReverse
}

var _ Engine = (*core.Syncer)(nil)
