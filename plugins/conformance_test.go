package plugins_test

import (
	"context"
	"strings"
	"testing"

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
