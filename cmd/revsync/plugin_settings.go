package main

import (
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"time"

	"github.com/spf13/pflag"

	"github.com/revsync/revsync/plugins"
	processes "github.com/revsync/revsync/plugins/process"
	"github.com/revsync/revsync/plugins/wasm"
)

// pluginSettings say how the plugins of the folders are run.
type pluginSettings struct {
	pluginRequired    []string
	pluginTrustedKeys []string
	pluginsInProcess  bool
	pluginCacheDir    string
}

const (
	requiredFlag    = "pluginRequired"
	trustedKeysFlag = "pluginTrustedKeys"
)

// requiredName is what requiredFlag takes.
var requiredName = regexp.MustCompile(`^[a-z0-9._-]{1,64}(/[a-z0-9._-]{1,64})?$`)

// register declares the flags.
func (s *pluginSettings) register(fs *pflag.FlagSet) {
	fs.StringArrayVar(&s.pluginRequired, requiredFlag, nil, "`name` of a plugin (or plugin/component) without which every start, commit and reverse is refused; may be repeated")
	fs.StringArrayVar(&s.pluginTrustedKeys, trustedKeysFlag, nil, "PEM `file` with Ed25519 public keys: only plugins that one of them has signed are run; may be repeated")
	fs.BoolVar(&s.pluginsInProcess, "pluginsInProcess", false, "let WASM plugins whose manifest says so run in this process: slower, and a bad one can hold up the server")
	fs.StringVar(&s.pluginCacheDir, "pluginCacheDir", "", "`folder` for compiled WASM plugins, of this user and with mode 0700 (default: revsync/plugins in the user's cache folder)")
}

// loaders are the ways to run a plugin, by the runtime in its manifest.
func (s *pluginSettings) loaders(log *slog.Logger) (map[string]plugins.Loader, error) {
	program, err := ownProgram()
	if err != nil {
		return nil, err
	}
	cache := s.cacheDir(log)
	pruneCache(log, cache)
	around := processes.Runner{Command: []string{program, runnerName}, CacheDir: cache}
	var inProcess plugins.Loader
	if s.pluginsInProcess {
		inProcess = wasm.Loader(wasm.Options{})
	}
	return map[string]plugins.Loader{
		"wasm": processes.WASMLoader(around, processes.Options{}, inProcess),
		"grpc": processes.Loader(processes.Options{}),
	}, nil
}

// trustedKeys are those by which every plugin must be signed; none when nobody asks for that.
func trustedKeys(files []string) ([]ed25519.PublicKey, error) {
	keys, err := plugins.ReadTrustedKeys(files...)
	if err != nil {
		return nil, fmt.Errorf("--%s: %w", trustedKeysFlag, err)
	}
	return keys, nil
}

func (s *pluginSettings) cacheDir(log *slog.Logger) string {
	if s.pluginCacheDir != "" {
		return s.pluginCacheDir
	}
	dir, err := os.UserCacheDir()
	if err == nil {
		dir = filepath.Join(dir, "revsync", "plugins")
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		log.Warn("compiled plugins are not kept, so that each start compiles them anew: name a folder with --pluginCacheDir", "error", err.Error())
		return ""
	}
	return dir
}

// keepCompiled is how long a compiled module is kept that nobody loads.
const keepCompiled = 30 * 24 * time.Hour

// pruneCache makes room. That it does not work keeps nothing from running.
func pruneCache(log *slog.Logger, dir string) {
	if dir == "" {
		return
	}
	removed, err := wasm.PruneCache(dir, keepCompiled)
	if err != nil {
		log.Warn("old compiled plugins cannot be removed", "folder", dir, "error", err.Error())
	}
	if removed > 0 {
		log.Info("old compiled plugins were removed", "folder", dir, "files", removed)
	}
}

// ownProgram is this program, even when its file has been replaced by a newer
// release since it was started, where the system has a name for that.
func ownProgram() (string, error) {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe", nil
	}
	return os.Executable()
}
