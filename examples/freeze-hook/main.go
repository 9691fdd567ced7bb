// Command freeze-hook is a plugin for revsync that is a process of its own: before a commit or a reverse it tells an
// application to stop writing, and afterwards to go on. The application in folder app knows how.
//
// Build both, put the hook into a folder of its own with a plugin.json like
//
//	{"apiVersion": "revsync.plugin/v1", "name": "acme.freeze", "runtime": "grpc", "file": "freeze-hook",
//	 "sha256": "<sha256sum of the file>",
//	 "components": [{"name": "application", "config": {"url": "http://127.0.0.1:8080", "for": "2m"}}]}
//
// and start the server with --pluginDir naming the folder around it.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/revsync/revsync/plugins/process/serve"
	"github.com/revsync/revsync/sdk"
)

func main() {
	hook := sdk.Hook("application", act, sdk.PhasePreCommit, sdk.PhasePostCommit, sdk.PhasePreReverse, sdk.PhasePostReverse)
	hook.ConfigSchema = json.RawMessage(`{"type": "object", "required": ["url"], "additionalProperties": false,
		"properties": {"url": {"type": "string"}, "for": {"type": "string"}}}`)
	serve.Module("acme.freeze", "1.0.0", hook)
}

// config is what the operator says about the application.
type config struct {
	URL string `json:"url"`
	// For is how long the application stays frozen when nobody thaws it: a command that was refused in the end, by
	// another hook for instance, has no post phase.
	For string `json:"for"`
}

// act freezes before the fact and thaws after it.
func act(ctx context.Context, _ sdk.Host, r *sdk.Request) ([]sdk.Finding, error) {
	c := config{For: "2m"}
	if err := r.DecodeConfig(&c); err != nil {
		return nil, err
	}
	if r.Phase.Notice() {
		if err := tell(ctx, c.URL+"/thaw", r.IdempotencyKey); err != nil {
			return nil, fmt.Errorf("the application is still frozen and thaws by itself %s after it was frozen: %w", c.For, err)
		}
		return []sdk.Finding{sdk.Infof("APPLICATION_THAWED", "%s accepts writes again", c.URL)}, nil
	}
	if err := tell(ctx, c.URL+"/freeze?for="+url.QueryEscape(c.For), r.IdempotencyKey); err != nil {
		return []sdk.Finding{sdk.Errorf("APPLICATION_NOT_FROZEN", "%s did not stop writing: %v", c.URL, err).
			Cure("see that the application runs and can be reached from here, then try again")}, nil
	}
	return []sdk.Finding{sdk.Infof("APPLICATION_FROZEN", "%s has stopped writing, for %s at most", c.URL, c.For)}, nil
}

// tell sends one command; that it has come through twice changes nothing.
func tell(ctx context.Context, address, key string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Idempotency-Key", key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	if resp.StatusCode != http.StatusNoContent {
		said, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10)) // what there is of it
		return fmt.Errorf("%s: %s", resp.Status, said)
	}
	return nil
}
