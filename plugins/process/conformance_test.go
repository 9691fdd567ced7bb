package process

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/plugins/conformance"
	"github.com/revsync/revsync/sdk"
)

// only is a module cut to one component, for the conformance suite.
type only struct {
	*Module
	component string
}

func (o only) Describe(ctx context.Context) (sdk.Descriptor, error) {
	d, err := o.Module.Describe(ctx)
	for _, c := range d.Components {
		if c.Name == o.component {
			d.Components = []sdk.Component{c}
		}
	}
	return d, err
}

func broke(err error) bool {
	var crash *CrashError
	return errors.As(err, &crash) || strings.Contains(err.Error(), "panic")
}

func TestConformanceOfAProcess(t *testing.T) {
	conformance.Run(t, conformance.Subject{Breaks: broke, Open: func(t testing.TB) plugins.Module {
		return only{load(t, playing(t, "sdk"), Options{}), "asks"}
	}})
}

func TestConformanceOfAGuestInAChild(t *testing.T) {
	conformance.Run(t, conformance.Subject{Open: func(t testing.TB) plugins.Module {
		return only{loadGuest(t, "plugin-runner"), "asks"}
	}, Breaks: func(err error) bool {
		return broke(err) || strings.Contains(err.Error(), "unreachable")
	}})
}

// BenchmarkStart is the time from nothing to a description, and BenchmarkCall that of one evaluation with one host call.
func BenchmarkStart(b *testing.B) {
	code := playing(b, "sdk")
	b.Run("process", func(b *testing.B) {
		for b.Loop() {
			m, err := Load(b.Context(), code, Options{})
			require.NoError(b, err)
			b.StopTimer()
			require.NoError(b, m.Close(b.Context()))
			b.StartTimer()
		}
	})
	b.Run("guest in a child", func(b *testing.B) {
		loadGuest(b, "plugin-runner") // fills the cache
		for b.Loop() {
			m, err := LoadWASM(b.Context(), guestCode(b), runnerCommand(b, "plugin-runner"), Options{})
			require.NoError(b, err)
			b.StopTimer()
			require.NoError(b, m.Close(b.Context()))
			b.StartTimer()
		}
	})
}

func BenchmarkCall(b *testing.B) {
	for name, m := range map[string]*Module{"process": load(b, playing(b, "sdk"), Options{}), "guest in a child": loadGuest(b, "plugin-runner")} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, _ = ask(b, m, "asks", conformance.Host{Status: sdk.CodeUnavailable}, time.Minute)
			}
		})
	}
}
