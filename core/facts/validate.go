package facts

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/sdk"
)

// validateAll validates the suspects' collections one after another, to read
// from one collection of a member at a time, until the time is up.
func validateAll(ctx context.Context, direct *mdb.Cluster, suspects []sdk.UniqueIndex) {
	for len(suspects) > 0 {
		n := 1
		for n < len(suspects) && suspects[n].Namespace == suspects[0].Namespace {
			n++
		}
		validateOne(ctx, direct, suspects[:n])
		suspects = suspects[n:]
	}
}

// validateOne fills in what a validation of one collection says about its suspects.
func validateOne(ctx context.Context, direct *mdb.Cluster, suspects []sdk.UniqueIndex) {
	v, err := validate(ctx, direct, mdb.ParseNamespace(suspects[0].Namespace))
	for i := range suspects {
		ix := &suspects[i]
		if err != nil {
			ix.ValidateError = why(ctx, err)
			continue
		}
		if ix.ValidateError = v.unfinished(ix.Name); ix.ValidateError == "" {
			ix.Validated, ix.ValidateWarnings = true, v.about(ix.Name)
		}
	}
}

// validate reads the whole collection in the background, which blocks nobody:
// about two seconds for a million documents with two indexes. The driver makes
// a maxTimeMS of the context's deadline, so that the server stops in time.
func validate(ctx context.Context, direct *mdb.Cluster, ns mdb.Namespace) (validation, error) {
	var v validation
	if ctx.Err() != nil {
		return v, fmt.Errorf("no time left to validate %s", ns)
	}
	reply, err := direct.Run(ctx, ns.DB, bson.D{{Key: "validate", Value: ns.Coll}, {Key: "background", Value: true}})
	if err != nil {
		return v, err
	}
	if err := bson.Unmarshal(reply, &v); err != nil {
		return v, fmt.Errorf("%s: the reply of validate of %s cannot be read: %w", direct.Name(), ns, err)
	}
	return v, nil
}
