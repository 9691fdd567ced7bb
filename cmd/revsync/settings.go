package main

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"
)

// settings are the choices of the server. Their flags have mongosync's names and
// defaults; the same names are the keys of the configuration file.
type settings struct {
	cluster0, cluster1 string
	config             string
	id                 string
	bindIP             string
	port               int
	loadLevel          int
	logPath            string
	verbosity          string
	pluginDirs         []string
	pluginSettings
}

// register declares the flags.
func (s *settings) register(fs *pflag.FlagSet) {
	fs.SortFlags = false
	fs.StringVar(&s.cluster0, "cluster0", "", "connection string of the one cluster (mongodb:// or mongodb+srv://)")
	fs.StringVar(&s.cluster1, "cluster1", "", "connection string of the other cluster")
	fs.StringVar(&s.config, "config", "", "YAML `file` with these settings, by the names of the flags")
	fs.IntVar(&s.port, "port", 27182, "port of the REST interface")
	fs.StringVar(&s.bindIP, "bindIp", "127.0.0.1", "address of the REST interface; it has no authentication, so keep it on a loopback address or behind a proxy that has")
	fs.StringVar(&s.id, "id", "", "name of this instance in progress and logs (default \"coordinator\")")
	fs.StringVar(&s.logPath, "logPath", "", "`folder` for revsync.log, which is rotated at start, by size, and on SIGUSR1 (default: log to standard output)")
	fs.StringVar(&s.verbosity, "verbosity", "DEBUG", "lowest level to log: TRACE, DEBUG, INFO, WARN, ERROR, FATAL or PANIC")
	fs.IntVar(&s.loadLevel, "loadLevel", 3, "how hard both clusters are worked, 1 to 4")
	fs.StringArrayVar(&s.pluginDirs, "pluginDir", nil, "`folder` with further check and hook modules; may be repeated")
	s.pluginSettings.register(fs)
	for _, f := range ignored {
		fs.Bool(f.name, false, "accepted for mongosync command lines, without effect: "+f.why)
	}
}

// ignored are flags of mongosync that change nothing here.
var ignored = []struct{ name, why string }{
	{"acceptDisclaimer", "there is no disclaimer"},
	{"disableTelemetry", "there is no telemetry"},
	{"disableVerification", "there is no embedded verifier"},
	{"disableMetricsLogging", "there is no metrics log"},
}

// validate names the first setting that cannot work.
func (s *settings) validate() error {
	switch {
	case s.cluster0 == "" || s.cluster1 == "":
		return errors.New("cluster0 and cluster1 are both needed: give the connection strings with --cluster0 and --cluster1, REVSYNC_CLUSTER0 and REVSYNC_CLUSTER1, or in the file named by --config")
	case s.port < 0 || s.port > 65535:
		return fmt.Errorf("port is %d; use 0 to 65535 (0 takes a free one)", s.port)
	case s.loadLevel < 1 || s.loadLevel > 4:
		return fmt.Errorf("loadLevel is %d; use 1 to 4", s.loadLevel)
	}
	for _, name := range s.pluginRequired {
		if !requiredName.MatchString(name) {
			return fmt.Errorf("%s is %q; give the name of a plugin, as in its plugin.json, or plugin/component", requiredFlag, name)
		}
	}
	_, err := parseLevel(s.verbosity)
	return err
}
