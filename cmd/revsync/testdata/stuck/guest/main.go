// A module that calls itself for ever, in memory of its own.
package main

import (
	"context"

	"github.com/revsync/revsync/sdk"
	"github.com/revsync/revsync/sdk/guest"
)

func init() {
	guest.Serve("acme.guest", "1.0.0", sdk.Check("stuck", stuck, sdk.PhasePreCommit))
}

func stuck(_ context.Context, _ sdk.Host, r *sdk.Request) ([]sdk.Finding, error) {
	return []sdk.Finding{sdk.Infof("NEVER", "%d", fibonacci(len(r.Component)+75))}, nil
}

func fibonacci(n int) int {
	if n < 2 {
		return n
	}
	return fibonacci(n-1) + fibonacci(n-2)
}

func main() {}
