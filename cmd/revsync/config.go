package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

const envPrefix = "REVSYNC_"

// foreignEnv are variables with our prefix that are not settings of the server:
// the address for the client commands, the folder of cached test servers, and
// the point at which a crash test stops the engine.
var foreignEnv = []string{"REVSYNC_ADDR", "REVSYNC_CACHE", "REVSYNC_CRASH_AT"}

// complete gives every flag that the command line left alone its value from the
// environment, or else from the configuration file. What neither knows is an
// error: a setting with a typing error must not be passed over.
func complete(fs *pflag.FlagSet, environ []string) error {
	if err := fromEnvironment(fs, environ); err != nil {
		return err
	}
	path, err := fs.GetString("config")
	if err != nil || path == "" {
		return err
	}
	file, err := readConfig(path)
	if err != nil {
		return err
	}
	if err := fromFile(fs, file); err != nil {
		return fmt.Errorf("configuration file %s: %w", path, err)
	}
	return nil
}

func fromEnvironment(fs *pflag.FlagSet, environ []string) error {
	names := map[string]*pflag.Flag{}
	fs.VisitAll(func(f *pflag.Flag) { names[envName(f.Name)] = f })
	var errs []error
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, envPrefix) || slices.Contains(foreignEnv, name) {
			continue
		}
		f, known := names[name]
		switch {
		case !known:
			errs = append(errs, fmt.Errorf("environment variable %s is not known", name))
		case value != "" && !f.Changed:
			if err := assign(fs, f, splitEnv(f, value)); err != nil {
				errs = append(errs, fmt.Errorf("environment variable %s: %w", name, err))
			}
		}
	}
	return errors.Join(errs...)
}

// envName turns bindIp into REVSYNC_BIND_IP.
func envName(flag string) string {
	var b strings.Builder
	b.WriteString(envPrefix)
	for _, r := range flag {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToUpper(r))
	}
	return b.String()
}

func splitEnv(f *pflag.Flag, value string) []string {
	if isList(f) {
		return filepath.SplitList(value)
	}
	return []string{value}
}

func readConfig(path string) (map[string]yaml.Node, error) {
	file, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("configuration file: %w", err)
	}
	defer file.Close() //nolint:errcheck // only read
	settings := map[string]yaml.Node{}
	dec := yaml.NewDecoder(file)
	if err := dec.Decode(&settings); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("configuration file %s: %w", path, err)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("configuration file %s: it holds more than one document", path)
	}
	return settings, nil
}

func fromFile(fs *pflag.FlagSet, settings map[string]yaml.Node) error {
	var errs []error
	for key, node := range settings {
		f := fs.Lookup(key)
		switch {
		case f == nil || key == "config" || key == "help" || key == "version":
			errs = append(errs, fmt.Errorf("line %d: key %q is not known", node.Line, key))
		case !f.Changed:
			values, err := scalars(node)
			if err == nil {
				err = assign(fs, f, values)
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("line %d: key %q: %w", node.Line, key, err))
			}
		}
	}
	return errors.Join(errs...)
}

// scalars are the texts of a value or of a list of values.
func scalars(node yaml.Node) ([]string, error) {
	items := []*yaml.Node{&node}
	if node.Kind == yaml.SequenceNode {
		items = node.Content
	}
	values := make([]string, 0, len(items))
	for _, item := range items {
		if item.Kind != yaml.ScalarNode || item.ShortTag() == "!!null" {
			return nil, errors.New("it needs a plain value")
		}
		values = append(values, item.Value)
	}
	return values, nil
}

// assign sets a flag as if it had been on the command line. The values are not
// in the error: one may be a connection string.
func assign(fs *pflag.FlagSet, f *pflag.Flag, values []string) error {
	if len(values) != 1 && !isList(f) {
		return fmt.Errorf("it takes one value, not %d", len(values))
	}
	for _, v := range values {
		if fs.Set(f.Name, v) != nil {
			return fmt.Errorf("the value is not of type %s", f.Value.Type())
		}
	}
	return nil
}

func isList(f *pflag.Flag) bool {
	_, ok := f.Value.(pflag.SliceValue)
	return ok
}
