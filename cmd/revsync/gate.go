package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/revsync/revsync/checks"
	"github.com/revsync/revsync/plugins"
)

// closePatience is how long the plugins may take to end.
const closePatience = 2 * time.Second

// checkSet is the checks and hooks that judge start, commit and reverse: the
// built-in ones, and every plugin in the folders.
type checkSet struct {
	life     context.Context // the server's: what a reload loads lives longer than the request
	builtin  plugins.Module
	dirs     []string
	required []string
	loaders  map[string]plugins.Loader
	keyFiles []string // of the trusted keys
	log      *slog.Logger
	gate     *plugins.Gate
	ready    chan struct{} // closed when the plugins have been loaded and are in force
	patience time.Duration // how long a command waits for that
}

// newChecks looks at what is to keep the server from starting when it is not in
// order: the plugin folders and the files of trusted keys. Nothing is loaded before
// run is called, and until then everything is refused. A plugin that cannot be loaded
// is logged and refuses the phases it was to guard, and a required one that is not
// there refuses everything. The caller calls close when the engine has ended.
func newChecks(ctx context.Context, s settings, log *slog.Logger) (*checkSet, error) {
	loaders, err := s.loaders(log)
	if err != nil {
		return nil, err
	}
	builtin, err := checks.Builtin(ctx)
	if err != nil {
		return nil, err
	}
	c := &checkSet{life: ctx, builtin: builtin, dirs: s.pluginDirs, required: append(checks.Required(), s.pluginRequired...),
		loaders: endingWith(loaders), keyFiles: s.pluginTrustedKeys, log: log, patience: loadPatience}
	if err := c.begin(); err != nil {
		return nil, errors.Join(err, closeWithin(ctx, builtin.Close))
	}
	return c, nil
}

// load makes a set of what the folders and the files of trusted keys hold now,
// and of more.
func (c *checkSet) load(ctx context.Context, loaders map[string]plugins.Loader, more ...plugins.Module) (*plugins.Runner, []*plugins.Installed, error) {
	trusted, err := trustedKeys(c.keyFiles)
	if err != nil {
		return nil, nil, err
	}
	modules, installed := append([]plugins.Module{lasting{c.builtin}}, more...), []*plugins.Installed{}
	for _, dir := range c.dirs {
		found, err := plugins.Discover(ctx, dir, loaders, trusted...)
		for _, p := range found {
			modules, installed = append(modules, p), append(installed, p)
		}
		if err != nil {
			return nil, nil, errors.Join(fmt.Errorf("%s: %w", dir, err), c.drop(plugins.NewRunner(modules...)))
		}
	}
	// A check that names no time-out gets longer than the library's default: on a
	// busy machine the interpreter needs it, and a check that is cut off refuses.
	limits := plugins.Limits{Check: 30 * time.Second}
	return plugins.Options{Required: c.required, Limits: limits}.NewRunner(modules...), installed, nil
}

// Reload implements rest.Plugins. A plugin that cannot be loaded keeps the whole
// new set out: what is in force was checked, and this was not.
func (c *checkSet) Reload(ctx context.Context) error {
	if err := c.wait(ctx); err != nil {
		return err
	}
	runner, found, err := c.load(c.life, c.loaders)
	if err != nil {
		return err
	}
	if err := errors.Join(c.inOrder(found), c.complete(runner)); err != nil {
		return errors.Join(err, c.drop(runner))
	}
	c.gate.Replace(runner)
	c.log.Info("the plugins were loaded again", "plugins", len(found))
	for _, p := range found {
		logPlugin(c.log, p)
	}
	return nil
}

// inOrder says why a set would refuse whatever it is asked: plugins that cannot be
// loaded, and those that have a name that another one has.
func (c *checkSet) inOrder(found []*plugins.Installed) error {
	own, err := c.builtin.Describe(c.life)
	wrong, folders := []error{err}, map[string]string{own.Name: "the program itself"}
	for _, p := range found {
		name := p.Manifest().Name
		if other, taken := folders[name]; taken && p.LoadError() == nil {
			wrong = append(wrong, fmt.Errorf("plugin %s has the name %s, which %s has too: give it another one, or take one of the two out", p.Folder(), name, other))
		}
		folders[name] = p.Folder()
		wrong = append(wrong, p.LoadError())
	}
	return errors.Join(wrong...)
}

// complete says what is required and not there.
func (c *checkSet) complete(r *plugins.Runner) error {
	var absent []error
	for _, name := range r.Missing(c.life) {
		absent = append(absent, fmt.Errorf("%s is required (--%s), and in none of the plugin folders or not switched on in its plugin.json", name, requiredFlag))
	}
	return errors.Join(absent...)
}

func (c *checkSet) drop(r *plugins.Runner) error { return closeWithin(c.life, r.Close) }

func (c *checkSet) close() error {
	return errors.Join(closeWithin(c.life, c.gate.Close), closeWithin(c.life, c.builtin.Close))
}

// lasting is the built-in module in a set: it outlives each of them, since there is nothing to reload about it.
type lasting struct{ plugins.Module }

// Close does nothing.
func (lasting) Close(context.Context) error { return nil }

// Digest implements plugins.Digester.
func (l lasting) Digest() string { return l.Module.(plugins.Digester).Digest() }

func closeWithin(ctx context.Context, end func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closePatience)
	defer cancel()
	return end(ctx)
}

func logPlugin(log *slog.Logger, p *plugins.Installed) {
	m := p.Manifest()
	if err := p.LoadError(); err != nil {
		log.Error("a plugin cannot be loaded and will refuse what it guards", "plugin", m.Name, "error", err.Error())
		return
	}
	log.Info("plugin loaded", "plugin", m.Name, "sha256", p.Digest())
}
