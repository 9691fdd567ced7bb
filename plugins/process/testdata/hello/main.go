package main

import (
	"context"

	"github.com/revsync/revsync/plugins/process/serve"
	"github.com/revsync/revsync/sdk"
)

func main() { serve.Module("acme.hello", "1.0.0", sdk.Check("hello", hello)) }

func hello(_ context.Context, _ sdk.Host, r *sdk.Request) ([]sdk.Finding, error) {
	return []sdk.Finding{sdk.Infof("HELLO", "hello from sync %s", r.Sync.ID)}, nil
}
