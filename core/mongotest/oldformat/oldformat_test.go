package oldformat_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mongotest"
	"github.com/revsync/revsync/core/mongotest/oldformat"
)

// The servers themselves say that the data is what the list says.
func TestDataIsWhatTheListSays(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"6.0.5", "6.0.27"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			db := oldformat.New(t, mongotest.Options{Version: version}).Client(t, mongotest.Root).Database(oldformat.DB)
			names, err := db.ListCollectionNames(t.Context(), bson.D{})
			require.NoError(t, err)
			var listed []string
			for _, ix := range oldformat.Indexes {
				listed = append(listed, ix.Collection)
				var stats bson.Raw
				require.NoError(t, db.RunCommand(t.Context(), bson.D{{Key: "collStats", Value: ix.Collection}}).Decode(&stats))
				creation, _ := stats.Lookup("indexDetails", ix.Name, "creationString").StringValueOK()
				require.Contains(t, creation, fmt.Sprintf("app_metadata=(formatVersion=%d)", ix.Format), ix)
				require.Equal(t, ix.Old, warned(t, db.RunCommand(t.Context(), bson.D{{Key: "validate", Value: ix.Collection}}), ix.Name), ix)
			}
			slices.Sort(names)
			require.Equal(t, names, slices.Compact(listed))
		})
	}
}

// warned reports whether validate found keys without their record id in an index.
func warned(t *testing.T, result interface{ Decode(any) error }, index string) bool {
	t.Helper()
	var reply struct {
		Valid    bool
		Warnings []string
	}
	require.NoError(t, result.Decode(&reply))
	require.True(t, reply.Valid)
	return slices.ContainsFunc(reply.Warnings, func(w string) bool {
		return strings.HasPrefix(w, "Unique index "+index+" has one or more keys in the old format")
	})
}
