package workload

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// listed is what listCollections says about a collection or view.
type listed struct {
	Name    string
	Type    string
	Options bson.Raw
}

func (c *ddl) check(ctx context.Context, s side) error {
	cursor, err := s.in(c.db()).ListCollections(ctx, d("name", d("$not", bson.Regex{Pattern: `^system\.`})))
	if err != nil {
		return err
	}
	var list []listed
	if err := cursor.All(ctx, &list); err != nil {
		return err
	}
	var wrong wrongs
	seen := map[string]bool{}
	for _, found := range list {
		seen[found.Name] = true
		if err := c.checkListed(ctx, s, found); err != nil {
			wrong.addf("%s.%s: %w", c.db(), found.Name, err)
		}
	}
	for name := range c.collections {
		if !seen[name] {
			wrong.addf("collection %s.%s is not there", c.db(), name)
		}
	}
	for name := range c.views {
		if !seen[name] {
			wrong.addf("view %s.%s is not there", c.db(), name)
		}
	}
	return wrong.err()
}

func (c *ddl) checkListed(ctx context.Context, s side, found listed) error {
	if view, isView := c.views[found.Name]; isView {
		return view.check(found)
	}
	want := c.collections[found.Name]
	if want == nil {
		return fmt.Errorf("the %s must not be there", found.Type)
	}
	var wrong wrongs
	wrong.add(want.checkOptions(found))
	wrong.add(want.checkDocuments(ctx, s, c.db(), found.Name))
	wrong.add(want.checkIndexes(ctx, s, c.db(), found.Name))
	return wrong.err()
}

func (v ddlView) check(found listed) error {
	on, _ := found.Options.Lookup("viewOn").StringValueOK()
	version, _ := found.Options.Lookup("pipeline", "0", "$match", "version").Int32OK()
	if got := (ddlView{on, version}); got != v {
		return fmt.Errorf("the view is on %s in version %d, and must be on %s in version %d", got.on, got.version, v.on, v.version)
	}
	return nil
}

func (want *ddlCollection) checkOptions(found listed) error {
	kind := plainKind
	for option, k := range map[string]ddlKind{"capped": cappedKind, "clusteredIndex": clusteredKind,
		"collation": collatedKind, "changeStreamPreAndPostImages": imagesKind} {
		if !found.Options.Lookup(option).IsZero() {
			kind = k
		}
	}
	version, _ := found.Options.Lookup("validator", "version", "$ne").Int32OK()
	var wrong wrongs
	if kind != want.kind {
		wrong.addf("it is %s, and must be %s", kind, want.kind)
	}
	if version != want.validator {
		wrong.addf("it has validator %d, and must have %d (0: none)", version, want.validator)
	}
	return wrong.err()
}

// checkDocuments wants all documents, and none that was inserted into another
// collection of the same name.
func (want *ddlCollection) checkDocuments(ctx context.Context, s side, database, name string) error {
	docs, err := read[struct{ Birth int32 }](ctx, s.in(database).Collection(name), d())
	if err != nil {
		return err
	}
	var wrong wrongs
	for _, doc := range docs {
		if doc.Birth != want.birth {
			wrong.addf("it holds a document of collection %d, and is collection %d", doc.Birth, want.birth)
		}
	}
	if len(docs) != int(want.documents) {
		wrong.addf("it holds %d documents, and must hold %d", len(docs), want.documents)
	}
	return wrong.err()
}

func (want *ddlCollection) checkIndexes(ctx context.Context, s side, database, name string) error {
	indexes, err := indexesOf(ctx, s, database, name)
	if err != nil {
		return err
	}
	delete(indexes, "_id_")
	var wrong wrongs
	for index, found := range indexes {
		model, known := want.indexes[index]
		if !known {
			if clustered, _ := found.Lookup("clustered").BooleanOK(); !clustered {
				wrong.addf("index %s must not be there", index)
			}
			continue
		}
		hidden, _ := found.Lookup("hidden").BooleanOK()
		seconds, _ := found.Lookup("expireAfterSeconds").AsInt64OK()
		if hidden != model.hidden || seconds != int64(model.expireAfter) {
			wrong.addf("index %s has hidden %v and expires after %d, and must have %v and %d", index, hidden, seconds, model.hidden, model.expireAfter)
		}
	}
	for index := range want.indexes {
		if _, there := indexes[index]; !there {
			wrong.addf("index %s is not there", index)
		}
	}
	return wrong.err()
}
