package rest

import (
	"context"
	"net/http"

	"github.com/revsync/revsync/sdk"
)

// Plugins is what checks and hooks are loaded. Its methods may be called at any
// time.
type Plugins interface {
	Plugins(ctx context.Context) []Plugin
	// Reload puts what the folders hold now in the place of what is loaded; what is
	// under way ends with what it began with. An error says why nothing was changed.
	Reload(ctx context.Context) error
}

// Plugin is one module as the interface shows it. Its configuration is left out:
// an operator may have put something into it that is not for everybody.
type Plugin struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	// Runtime is builtin, wasm or grpc, or unknown when the manifest cannot be read.
	Runtime string `json:"runtime"`
	// SHA256 is that of the module's file in hexadecimal.
	SHA256 string `json:"sha256,omitempty"`
	// SignedBy is the fingerprint of the trusted key that signed the manifest, empty
	// when signatures are not asked for.
	SignedBy string `json:"signedBy,omitempty"`
	// Error says why the module cannot be used, which refuses every phase that it
	// was to guard; nil when it can.
	Error      *string           `json:"error"`
	Components []PluginComponent `json:"components"`
}

// PluginComponent is one check or hook that is switched on.
type PluginComponent struct {
	Name string `json:"name"`
	// Kind is empty when the module could not be loaded.
	Kind   sdk.Kind    `json:"kind,omitempty"`
	Phases []sdk.Phase `json:"phases"`
	// Required is false when a failure to answer is only a warning.
	Required bool             `json:"required"`
	Grants   []sdk.Capability `json:"grants"`
}

// ShowPlugins adds the endpoints about plugins. Call it before Run and Handler.
func (s *Server) ShowPlugins(p Plugins) { s.plugins = p }

type pluginsReply struct {
	Plugins []Plugin `json:"plugins"`
	Success bool     `json:"success"`
}

type pluginReply struct {
	Plugin  Plugin `json:"plugin"`
	Success bool   `json:"success"`
}

// pluginRoutes are there when the program has said what is loaded.
func (s *Server) pluginRoutes() []route {
	if s.plugins == nil {
		return nil
	}
	return []route{
		{http.MethodGet, "plugins", s.listPlugins, nil},
		{http.MethodGet, "plugins/{name}", s.onePlugin, nil},
		{http.MethodPost, "plugins:reload", s.reload, &s.reloading},
		{http.MethodPost, "plugins/{name}/components/{component}:evaluate", s.evaluate, &s.review},
	}
}

func (s *Server) listPlugins(ctx context.Context, _ []byte) (any, error) {
	return pluginsReply{append([]Plugin{}, s.plugins.Plugins(ctx)...), true}, nil
}

func (s *Server) onePlugin(ctx context.Context, _ []byte) (any, error) {
	p, err := s.plugin(ctx)
	return pluginReply{p, true}, err
}

// plugin is the one that the path names.
func (s *Server) plugin(ctx context.Context) (Plugin, error) {
	name := inPath(ctx, "name")
	for _, p := range s.plugins.Plugins(ctx) {
		if p.Name == name {
			return p, nil
		}
	}
	return Plugin{}, refuse(notFound, "no plugin has the name %.200q; GET %splugins lists them", name, apiPath)
}

func (s *Server) reload(ctx context.Context, body []byte) (any, error) {
	if err := (object{}).decode(body); err != nil {
		return nil, invalid("%w", err)
	}
	if err := s.plugins.Reload(ctx); err != nil {
		return nil, refuse(notLoaded, "nothing was changed: %w", err)
	}
	return s.listPlugins(ctx, nil)
}
