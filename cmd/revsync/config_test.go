package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

// load reads settings as serve does, from a command line, an environment and the
// text of a configuration file.
func load(t *testing.T, args, environ []string, file string) (settings, error) {
	t.Helper()
	var s settings
	fs := pflag.NewFlagSet("test", pflag.ContinueOnError)
	s.register(fs)
	if file != "" {
		path := filepath.Join(t.TempDir(), "revsync.yaml")
		require.NoError(t, os.WriteFile(path, []byte(file), 0o600))
		args = append([]string{"--config", path}, args...)
	}
	require.NoError(t, fs.Parse(args))
	err := complete(fs, environ)
	return s, err
}

func TestDefaults(t *testing.T) {
	s, err := load(t, nil, []string{"HOME=/nowhere", "REVSYNC_ADDR=x", "REVSYNC_CACHE=x", "REVSYNC_CRASH_AT=x"}, "")
	require.NoError(t, err)
	require.Equal(t, settings{port: 27182, bindIP: "127.0.0.1", verbosity: "DEBUG", loadLevel: 3}, s)
	require.ErrorContains(t, s.validate(), "cluster0 and cluster1 are both needed")
}

func TestFlagsOverEnvironmentOverFile(t *testing.T) {
	file := `
cluster0: mongodb://file
cluster1: mongodb://file
port: 1
id: file
`
	environ := []string{"REVSYNC_CLUSTER1=mongodb://env", "REVSYNC_PORT=2", "REVSYNC_BIND_IP=::1", "REVSYNC_ID="}
	s, err := load(t, []string{"--port", "3"}, environ, file)
	require.NoError(t, err)
	require.NoError(t, s.validate())
	require.Equal(t, "mongodb://file", s.cluster0)
	require.Equal(t, "mongodb://env", s.cluster1)
	require.Equal(t, 3, s.port)
	require.Equal(t, "::1", s.bindIP)
	require.Equal(t, "file", s.id, "an empty variable is as good as none")
}

// TestFlagEqualToItsDefaultStillWins: what counts is that it was given.
func TestFlagEqualToItsDefaultStillWins(t *testing.T) {
	s, err := load(t, []string{"--port", "27182"}, []string{"REVSYNC_PORT=2"}, "port: 1\n")
	require.NoError(t, err)
	require.Equal(t, 27182, s.port)
}

func TestEverySettingFromTheFile(t *testing.T) {
	s, err := load(t, nil, nil, `
cluster0: mongodb://a
cluster1: mongodb://b
port: 1
bindIp: 0.0.0.0
id: shard0
logPath: /var/log/revsync
verbosity: INFO
loadLevel: 4
pluginDir: [/plugins, /more]
pluginTrustedKeys: [/keys/team.pem, /keys/old.pem]
pluginRequired: acme.freeze
pluginsInProcess: true
pluginCacheDir: /cache
acceptDisclaimer: true
disableTelemetry: true
disableVerification: true
disableMetricsLogging: false
`)
	require.NoError(t, err)
	require.NoError(t, s.validate())
	s.config = ""
	require.Equal(t, settings{cluster0: "mongodb://a", cluster1: "mongodb://b", port: 1, bindIP: "0.0.0.0", id: "shard0",
		logPath: "/var/log/revsync", verbosity: "INFO", loadLevel: 4, pluginDirs: []string{"/plugins", "/more"},
		pluginSettings: pluginSettings{pluginRequired: []string{"acme.freeze"}, pluginTrustedKeys: []string{"/keys/team.pem", "/keys/old.pem"}, pluginsInProcess: true, pluginCacheDir: "/cache"}}, s)
}

func TestListsFromEachPlace(t *testing.T) {
	for name, c := range map[string]struct {
		args, environ []string
		file          string
	}{
		"flags":       {[]string{"--pluginDir", "a", "--pluginDir", "b"}, []string{"REVSYNC_PLUGIN_DIR=x"}, "pluginDir: y\n"},
		"environment": {nil, []string{"REVSYNC_PLUGIN_DIR=a" + string(filepath.ListSeparator) + "b"}, "pluginDir: y\n"},
		"file":        {nil, nil, "pluginDir:\n- a\n- b\n"},
	} {
		s, err := load(t, c.args, c.environ, c.file)
		require.NoError(t, err, name)
		require.Equal(t, []string{"a", "b"}, s.pluginDirs, name)
	}
	s, err := load(t, nil, nil, "pluginDir: one\n")
	require.NoError(t, err)
	require.Equal(t, []string{"one"}, s.pluginDirs)
}

func TestBadEnvironment(t *testing.T) {
	_, err := load(t, nil, []string{"REVSYNC_LOADLEVEL=3", "REVSYNC_PORT=many", "REVSYNC_CLUSTER2=mongodb://u:secret@h"}, "")
	require.ErrorContains(t, err, "REVSYNC_LOADLEVEL is not known")
	require.ErrorContains(t, err, "REVSYNC_PORT: the value is not of type int")
	require.ErrorContains(t, err, "REVSYNC_CLUSTER2 is not known")
	require.NotContains(t, err.Error(), "secret")
}

func TestBadFiles(t *testing.T) {
	for file, because := range map[string]string{
		"ports: 1\n":                   `line 1: key "ports" is not known`,
		"port: 1\nPort: 2\n":           `line 2: key "Port" is not known`,
		"config: other.yaml\n":         `key "config" is not known`,
		"help: true\n":                 `key "help" is not known`,
		"port: 1\nport: 2\n":           "already defined",
		"port: many\n":                 `key "port": the value is not of type int`,
		"port: [1, 2]\n":               `key "port": it takes one value, not 2`,
		"port:\n":                      `key "port": it needs a plain value`,
		"cluster0: {uri: mongodb://a}": `key "cluster0": it needs a plain value`,
		"- port\n":                     "cannot unmarshal",
		"port: 1\n---\nport: 2\n":      "more than one document",
		"acceptDisclaimer: perhaps\n":  "the value is not of type bool",
		"port: mongodb://u:secret@h\n": "the value is not of type int",
		"pluginDir: [{a: b}]\n":        "it needs a plain value",
	} {
		_, err := load(t, nil, nil, file)
		require.ErrorContains(t, err, because, file)
		require.NotContains(t, err.Error(), "secret")
	}
	_, err := load(t, []string{"--config", "/no/such/file"}, nil, "")
	require.ErrorContains(t, err, "configuration file")
	_, err = load(t, nil, []string{"REVSYNC_CONFIG=/no/such/file"}, "")
	require.ErrorContains(t, err, "configuration file")
}

func TestAnEmptyFileIsFine(t *testing.T) {
	_, err := load(t, nil, nil, "# nothing here\n")
	require.NoError(t, err)
}

func TestValidate(t *testing.T) {
	good := settings{cluster0: "mongodb://a", cluster1: "mongodb://b", verbosity: "warn", loadLevel: 1,
		pluginSettings: pluginSettings{pluginRequired: []string{"acme.m", "acme.m/c"}}}
	require.NoError(t, good.validate())
	for because, change := range map[string]func(*settings){
		"port is -1":                func(s *settings) { s.port = -1 },
		"port is 65536":             func(s *settings) { s.port = 65536 },
		"loadLevel is 0":            func(s *settings) { s.loadLevel = 0 },
		"loadLevel is 5":            func(s *settings) { s.loadLevel = 5 },
		`verbosity is ""`:           func(s *settings) { s.verbosity = "" },
		`verbosity is "2"`:          func(s *settings) { s.verbosity = "2" },
		`pluginRequired is ""`:      func(s *settings) { s.pluginRequired = []string{"acme.m", ""} },
		`pluginRequired is "a/b/c"`: func(s *settings) { s.pluginRequired = []string{"a/b/c"} },
		"both needed":               func(s *settings) { s.cluster1 = "" },
	} {
		s := good
		change(&s)
		require.ErrorContains(t, s.validate(), because)
	}
}

func TestEnvNames(t *testing.T) {
	for flag, want := range map[string]string{
		"cluster0": "REVSYNC_CLUSTER0", "bindIp": "REVSYNC_BIND_IP", trustedKeysFlag: "REVSYNC_PLUGIN_TRUSTED_KEYS", "disableMetricsLogging": "REVSYNC_DISABLE_METRICS_LOGGING",
	} {
		require.Equal(t, want, envName(flag))
	}
}
