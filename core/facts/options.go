package facts

import (
	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/sdk"
)

// options puts the engine's own options into the words of the contract. Without
// a mode of write blocking there are none yet.
func options(o lifecycle.Options) sdk.Options {
	return sdk.Options{
		Known:                   o.WriteBlocking != "",
		Reversible:              o.Reversible,
		EnableUserWriteBlocking: string(o.WriteBlocking),
		BuildIndexes:            string(o.BuildIndexes),
		Filtered:                o.Filtered(),
	}
}
