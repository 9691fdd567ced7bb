package facts

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/sdk"
)

// uniqueIndexes asks every data-bearing member by itself: the format of an index
// belongs to a member's files, and the primary may be the one with clean ones.
//
// First all formats are read, which costs a few milliseconds a collection with
// unique indexes whatever its size; then what is suspect is validated. The
// actions needed are listDatabases on the cluster, and listCollections,
// listIndexes, collStats and validate on all databases.
func uniqueIndexes(in Input) family[sdk.UniqueIndexes] {
	return family[sdk.UniqueIndexes]{
		name: sdk.FactUniqueIndexes, patience: cmp.Or(in.IndexTime, IndexTime),
		of:      append([]sdk.Role{}, in.IndexesOf...),
		unknown: func(why string) sdk.UniqueIndexes { return sdk.UniqueIndexes{Error: why} },
		read: func(ctx context.Context, c *mdb.Cluster) (sdk.UniqueIndexes, error) {
			return UniqueIndexesOf(ctx, c, nil)
		},
	}
}

// UniqueIndexesOf asks every data-bearing member of a set about the unique
// indexes that about picks by database.collection and name; nil picks all. The
// suspects are validated for as long as ctx lets it. An error means that the
// members could not be listed; what one of them cannot tell is in its answer.
func UniqueIndexesOf(ctx context.Context, c *mdb.Cluster, about func(namespace, index string) bool) (sdk.UniqueIndexes, error) {
	s, err := readSet(ctx, c)
	if err != nil {
		return sdk.UniqueIndexes{}, err
	}
	look := func(ctx context.Context, direct *mdb.Cluster, m sdk.Member) sdk.MemberIndexes {
		return memberIndexes(ctx, direct, m, about)
	}
	members := fromEach(ctx, c, s, look, func(m sdk.Member, err error) sdk.MemberIndexes {
		return sdk.MemberIndexes{Host: m.Host, Shard: m.Shard, State: m.State, Error: why(ctx, err)}
	})
	return sdk.UniqueIndexes{Known: true, Members: members}, nil
}

// memberIndexes keeps what was found when not all could be: a suspect is one
// even so.
func memberIndexes(ctx context.Context, direct *mdb.Cluster, m sdk.Member, about func(namespace, index string) bool) sdk.MemberIndexes {
	answer := sdk.MemberIndexes{Host: m.Host, Shard: m.Shard, State: m.State}
	list, err := scan(ctx, direct)
	if about != nil {
		list = slices.DeleteFunc(list, func(ix sdk.UniqueIndex) bool { return !about(ix.Namespace, ix.Name) })
	}
	answer.Checked = len(list)
	for _, ix := range list {
		if ix.Suspect() {
			answer.Suspects = append(answer.Suspects, ix)
		}
	}
	if err != nil {
		answer.Error = why(ctx, err)
		return answer
	}
	validateAll(ctx, direct, answer.Suspects)
	answer.Known = true
	return answer
}

// inOrder sorts by namespace and name, whatever the order of the answers.
func inOrder(list []sdk.UniqueIndex) {
	slices.SortFunc(list, func(a, b sdk.UniqueIndex) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
}

// extended is a BSON document as relaxed Extended JSON, nil when it is not a
// document.
func extended(doc bson.Raw) json.RawMessage {
	text, err := bson.MarshalExtJSON(doc, false, false)
	if err != nil {
		return nil
	}
	return text
}
