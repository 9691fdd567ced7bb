package plugins_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/plugins/conformance"
	"github.com/revsync/revsync/sdk"
)

func broke(err error) bool { return strings.Contains(err.Error(), "panic") }

func TestConformanceOfANativeModule(t *testing.T) {
	asks := sdk.Check("asks", func(ctx context.Context, h sdk.Host, _ *sdk.Request) ([]sdk.Finding, error) {
		var reply struct{ Version string }
		if err := sdk.RunCommand(ctx, h, sdk.Command{Cluster: sdk.RoleSource, Database: "admin", Name: "buildInfo", Value: 1}, &reply); err != nil {
			return nil, err
		}
		return []sdk.Finding{sdk.Infof("VERSION", "%s", reply.Version)}, nil
	}).Asks(sdk.RoleSource, "buildInfo")
	conformance.Run(t, conformance.Subject{Breaks: broke, Open: func(testing.TB) plugins.Module {
		return plugins.Native(sdk.Module{Name: "acme.native", Version: "1", Parts: []sdk.Part{asks}})
	}})
}

// patient is a module that no evaluation of the suite may wait for without end.
type patient struct {
	plugins.Module
	t testing.TB
}

func (p patient) Evaluate(ctx context.Context, h sdk.Host, r *sdk.Request) (*sdk.Response, error) {
	_, bounded := ctx.Deadline()
	require.True(p.t, bounded, "%+v", r)
	return p.Module.Evaluate(ctx, h, r)
}

func TestConformanceWaitsForNothingWithoutEnd(t *testing.T) {
	check := sdk.Check("c", func(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) { return nil, nil }).Asks(sdk.RoleSource, "buildInfo")
	conformance.Run(t, conformance.Subject{Open: func(t testing.TB) plugins.Module {
		return patient{plugins.Native(sdk.Module{Name: "acme.c", Version: "1", Parts: []sdk.Part{check}}), t}
	}})
}

// TestConformanceSparesHooks: one that would act is not called, unless somebody asks for that.
func TestConformanceSparesHooks(t *testing.T) {
	for _, calls := range []bool{false, true} {
		var acted, judged atomic.Bool
		mark := func(called *atomic.Bool) func(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) {
			return func(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) {
				called.Store(true)
				return nil, nil
			}
		}
		m := sdk.Module{Name: "acme.both", Version: "1", Parts: []sdk.Part{sdk.Hook("h", mark(&acted), sdk.PhasePreCommit), sdk.Check("c", mark(&judged))}}
		conformance.Run(t, conformance.Subject{CallHooks: calls, Open: func(testing.TB) plugins.Module { return plugins.Native(m) }})
		require.Equal(t, calls, acted.Load())
		require.True(t, judged.Load())
	}
}

func TestConformanceOfAFunc(t *testing.T) {
	conformance.Run(t, conformance.Subject{Breaks: broke, Open: func(testing.TB) plugins.Module {
		return plugins.Func("acme.release-freeze", func(_ context.Context, r sdk.Request) ([]sdk.Finding, error) {
			if !r.Facts.Options.Known {
				return []sdk.Finding{sdk.Errorf("UNKNOWN", "the options are not known")}, nil
			}
			return nil, nil
		})
	}})
}
