package mongotest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

// Start starts a set and returns when it can be used. The caller calls Stop or
// Remove; if Start fails, nothing runs and nothing is left behind. Fetching a
// server apart it gives up after two minutes, or when the context ends.
func Start(ctx context.Context, opts Options) (*ReplicaSet, error) {
	binary, err := Binary(ctx, opts.Version)
	if err != nil {
		return nil, err
	}
	opts, err = opts.withDefaults()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("not ready after %s", startTimeout))
	defer cancel()
	begin := time.Now()
	rs, err := startOnFreePorts(ctx, binary, opts)
	if err != nil {
		return nil, fmt.Errorf("start replica set %s with %s: %w", opts.Name, binary, err)
	}
	opts.Log.Info("replica set started", "name", opts.Name, "members", opts.Members,
		"mongod", binary, "tookMillis", time.Since(begin).Milliseconds())
	return rs, nil
}

// startOnFreePorts begins anew when somebody outside this package took a port
// between our look at it and mongod's.
func startOnFreePorts(ctx context.Context, binary string, opts Options) (*ReplicaSet, error) {
	const attempts = 5
	var err error
	for range attempts {
		rs := &ReplicaSet{options: opts}
		if err = rs.start(ctx, binary); err == nil {
			return rs, nil
		}
		if cleanup := rs.Remove(); cleanup != nil {
			return nil, errors.Join(err, cleanup)
		}
		if !errors.Is(err, errPortTaken) {
			return nil, err
		}
	}
	return nil, err
}

func (rs *ReplicaSet) start(ctx context.Context, binary string) error {
	if err := rs.writeKeyFile(); err != nil {
		return err
	}
	for i := range rs.options.Members {
		port, err := reservePort()
		if err != nil {
			return err
		}
		m := &Member{
			set: rs, port: port, dir: filepath.Join(rs.options.Dir, "member"+strconv.Itoa(i)),
			binary: binary, version: rs.options.Version,
		}
		rs.members = append(rs.members, m)
		if rs.options.Proxied {
			if m.proxy, err = newProxy(port.host()); err != nil {
				return err
			}
		}
		if err := m.prepare(i); err != nil {
			return err
		}
	}
	group, groupCtx := errgroup.WithContext(ctx)
	for _, m := range rs.members {
		group.Go(func() error { return m.launch(groupCtx) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return rs.initiate(ctx)
}

// prepare makes the member's folder, and fills it if there is a seed.
func (m *Member) prepare(number int) error {
	data := filepath.Join(m.dir, "data")
	if err := os.MkdirAll(data, 0o755); err != nil {
		return err
	}
	if m.set.options.Seed == nil {
		return nil
	}
	if err := m.set.options.Seed(number, data); err != nil {
		return fmt.Errorf("fill %s: %w", data, err)
	}
	return nil
}

// keyFileContent is what the members share. Its users are on one machine, and
// their data is made up.
const keyFileContent = "revsyncThrowAwayReplicaSet"

func (rs *ReplicaSet) keyFile() string { return filepath.Join(rs.options.Dir, "keyfile") }

func (rs *ReplicaSet) writeKeyFile() error {
	if rs.options.NoAuth {
		return nil
	}
	if err := os.MkdirAll(rs.options.Dir, 0o755); err != nil {
		return err
	}
	// mongod refuses a key file that others can read.
	return os.WriteFile(rs.keyFile(), []byte(keyFileContent), 0o600)
}
