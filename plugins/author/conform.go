package author

import (
	"flag"
	"testing"

	"github.com/revsync/revsync/plugins"
	"github.com/revsync/revsync/plugins/conformance"
)

// Conform runs the conformance suite over a module and ends the program, with code 0 when it has passed and 1 when not:
// the suite is made of tests, and package testing offers no other way to run them outside of go test. What fails is
// printed to standard output. open is called several times; the suite closes what it returns. With callHooks hooks are
// called, with requests that say dryRun; otherwise they are not.
func Conform(open func() (plugins.Module, error), callHooks bool) {
	testing.Init()
	_ = flag.CommandLine.Parse(nil) // the flags are those of tests, and there are no arguments
	subject := conformance.Subject{CallHooks: callHooks, Open: func(t testing.TB) plugins.Module {
		m, err := open()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = m.Close(t.Context()) })
		return m
	}}
	every := func(string, string) (bool, error) { return true, nil }
	suite := testing.InternalTest{Name: "conformance", F: func(t *testing.T) { conformance.Run(t, subject) }}
	testing.Main(every, []testing.InternalTest{suite}, nil, nil)
}
