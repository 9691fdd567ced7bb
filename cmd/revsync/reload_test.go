//go:build unix

package main_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestReloadAndEvaluate: a plugin that is put into the folder of a running server,
// changed there, or taken out takes effect with a reload and without a restart; a
// folder that is not in order changes nothing. One component of what is loaded is
// asked about real clusters.
func TestReloadAndEvaluate(t *testing.T) {
	w, dir, temporary := newWorld(t, plain), t.TempDir(), t.TempDir()
	require.NoError(t, os.Chmod(temporary, 0o700))
	w.plugins = dir
	s := w.launch("TMPDIR=" + temporary)
	s.state("IDLE")
	loaded := func(r reply) (names []string) {
		t.Helper()
		require.Equal(t, http.StatusOK, r.status, r.text)
		var list struct{ Plugins []struct{ Name string } }
		require.NoError(t, json.Unmarshal([]byte(r.text), &list))
		for _, p := range list.Plugins {
			names = append(names, p.Name)
		}
		return names
	}
	reload := func() reply { return s.call(http.MethodPost, "plugins:reload", `{}`) }
	evaluate := func(component, body string) reply {
		module, name, _ := strings.Cut(component, "/")
		return s.call(http.MethodPost, "plugins/"+module+"/components/"+name+":evaluate", body)
	}
	running := func() int { // a program runs from a copy, which goes when it ends
		copies, err := filepath.Glob(filepath.Join(temporary, "revsync-plugin-*"))
		require.NoError(t, err)
		return len(copies)
	}
	require.Equal(t, []string{"revsync.checks"}, loaded(s.call(http.MethodGet, "plugins", "")))
	r := evaluate("revsync.checks/versions", `{"trigger":"start"}`)
	require.Equal(t, http.StatusOK, r.status, r.text)
	require.Contains(t, r.text, `"outcome":"passed"`)
	require.Contains(t, r.text, "6.0.")
	require.Equal(t, http.StatusNotFound, evaluate("acme.hello/hello", `{}`).status)

	program := hello(t, "process", nil)
	installPlugin(t, dir, "hello", program, `"runtime":"grpc"`)
	require.Equal(t, []string{"revsync.checks", "acme.hello"}, loaded(reload()))
	require.Equal(t, 1, running())
	r = evaluate("acme.hello/hello", `{}`)
	require.Equal(t, http.StatusOK, r.status, r.text)
	require.Contains(t, r.text, `"code":"HELLO"`)

	file := filepath.Join(dir, "hello", "module")
	require.NoError(t, os.WriteFile(file, append(program, ' '), 0o644))
	r = reload()
	require.Equal(t, http.StatusConflict, r.status)
	require.Equal(t, "PluginsNotLoaded", r.Error)
	require.Contains(t, r.ErrorDescription, "somebody changed the file")
	require.Contains(t, evaluate("acme.hello/hello", `{}`).text, `"code":"HELLO"`, "what was checked stays in force")
	require.Contains(t, s.call(http.MethodPost, "preflight", `{"trigger":"reverse"}`).text, `"code":"HELLO"`)

	require.NoError(t, os.WriteFile(file, program, 0o644))
	require.Equal(t, []string{"revsync.checks", "acme.hello"}, loaded(reload()))
	require.True(t, await(10*time.Second, func() bool { return running() == 1 }), "the process of the replaced set has not ended")
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "hello")))
	require.Equal(t, []string{"revsync.checks"}, loaded(reload()))
	require.True(t, await(10*time.Second, func() bool { return running() == 0 }), "the process of the removed plugin has not ended")
	require.NotContains(t, s.call(http.MethodPost, "preflight", `{"trigger":"reverse"}`).text, `"code":"HELLO"`)
	s.stop()
}

// TestRequiredPluginThatIsNotThere: an operator names a plugin that must be there.
// With an empty folder everything is refused and nothing is changed, a reload makes
// it good, and one that would lose the plugin again is refused.
func TestRequiredPluginThatIsNotThere(t *testing.T) {
	w, dir := newWorld(t, plain), t.TempDir()
	w.plugins = dir
	s := w.launch("REVSYNC_PLUGIN_REQUIRED=acme.hello")
	s.state("IDLE")
	reload := func() reply { return s.call(http.MethodPost, "plugins:reload", `{}`) }
	r := s.call(http.MethodPost, "start", startBody)
	require.Equal(t, http.StatusConflict, r.status, r.text)
	require.Equal(t, "NotEligible", r.Error)
	require.Contains(t, r.ErrorDescription, "acme.hello gave no answer: it is required, and not loaded")
	s.state("IDLE")
	r = reload()
	require.Equal(t, http.StatusConflict, r.status, r.text)
	require.Equal(t, "PluginsNotLoaded", r.Error)
	require.Contains(t, r.ErrorDescription, "acme.hello is required (--pluginRequired), and in none of the plugin folders")

	installPlugin(t, dir, "hello", hello(t, "process", nil), `"runtime":"grpc"`)
	require.Equal(t, http.StatusOK, reload().status)
	r = s.call(http.MethodPost, "start", startBody)
	require.Equal(t, http.StatusOK, r.status, r.text)

	require.NoError(t, os.RemoveAll(filepath.Join(dir, "hello")))
	require.Equal(t, "PluginsNotLoaded", reload().Error)
	require.Contains(t, s.call(http.MethodPost, "preflight", `{"trigger":"reverse"}`).text, `"code":"HELLO"`, "the plugin that is loaded stays in force")
	s.stop()
}

// TestReloadReadsTheTrustedKeysAgain: a key is exchanged without a restart. What the
// new key has not signed keeps the old set in force.
func TestReloadReadsTheTrustedKeysAgain(t *testing.T) {
	w, dir, keys := newWorld(t, plain), t.TempDir(), t.TempDir()
	before, after, trusted := filepath.Join(keys, "before"), filepath.Join(keys, "after"), filepath.Join(keys, "trusted")
	pluginPasses(t, "keygen", before)
	pluginPasses(t, "keygen", after)
	trust := func(key string) {
		t.Helper()
		doc, err := os.ReadFile(key + ".pub")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(trusted, doc, 0o644))
	}
	trust(before)
	installPlugin(t, dir, "hello", hello(t, "process", nil), `"runtime":"grpc"`)
	plugin := filepath.Join(dir, "hello")
	pluginPasses(t, "sign", plugin, "--key", before)
	w.plugins = dir
	s := w.launch("REVSYNC_PLUGIN_TRUSTED_KEYS=" + trusted)
	s.state("IDLE")
	reload := func() reply { return s.call(http.MethodPost, "plugins:reload", `{}`) }
	require.Equal(t, http.StatusOK, reload().status)

	trust(after)
	r := reload()
	require.Equal(t, http.StatusConflict, r.status, r.text)
	require.Equal(t, "PluginsNotLoaded", r.Error)
	require.Contains(t, r.ErrorDescription, "which is not one of the trusted keys")
	require.Contains(t, s.call(http.MethodPost, "preflight", `{"trigger":"reverse"}`).text, `"code":"HELLO"`, "what was trusted when it was loaded stays in force")
	require.NoError(t, os.Remove(trusted))
	require.Contains(t, reload().ErrorDescription, "file of trusted keys")

	trust(after)
	pluginPasses(t, "sign", plugin, "--key", after)
	require.Equal(t, http.StatusOK, reload().status)
	s.stop()
}
