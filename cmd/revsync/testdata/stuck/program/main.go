// A program that neither answers nor looks at the time.
package main

import (
	"context"

	"github.com/revsync/revsync/plugins/process/serve"
	"github.com/revsync/revsync/sdk"
)

func main() {
	serve.Module("acme.program", "1.0.0", sdk.Check("stuck", stuck, sdk.PhasePreCommit))
}

func stuck(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) {
	for turns := 0; ; turns++ {
	}
}
