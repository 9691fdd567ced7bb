package facts

import (
	"context"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/sdk"
)

// writeBlocking reads the mode from the primary: a secondary lags by its
// replication. It needs the action serverStatus.
var writeBlocking = family[sdk.WriteBlocking]{
	name: sdk.FactWriteBlocking, patience: quick,
	unknown: func(why string) sdk.WriteBlocking { return sdk.WriteBlocking{Error: why} },
	read: func(ctx context.Context, c *mdb.Cluster) (sdk.WriteBlocking, error) {
		mode, err := c.FenceMode(ctx)
		return sdk.WriteBlocking{Known: true, Mode: int(mode)}, err
	},
}
