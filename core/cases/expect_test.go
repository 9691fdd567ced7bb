//go:build unix

package cases_test

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/revsync/revsync/core/cases"
	"github.com/revsync/revsync/core/mongotest"
)

// expect checks what a statement wants; s begins behind the word expect. What is
// asked of data is asked of both sides, or of the one that "on" names.
func (w *world) expect(s cases.Statement) error {
	switch s.Verb() {
	case "equal":
		return w.equal()
	case "state":
		return w.expectField(d2("state", s.Arg(1)))
	case "closed":
		return w.closed(s)
	case "behind":
		return w.behind()
	case "on":
		side, err := w.side(s.Arg(1))
		if err != nil {
			return err
		}
		return w.expectOn(side, s.Rest(2))
	case "find", "count", "index", "options", "missing":
		for side := range w.sets {
			if err := w.expectOn(side, s); err != nil {
				return fmt.Errorf("cluster%d: %w", side, err)
			}
		}
		return nil
	}
	return w.expectField(s)
}

func d2(words ...string) cases.Statement { return cases.Statement{Words: words} }

func (w *world) expectField(s cases.Statement) error {
	p, err := w.engine.progress()
	if err == nil && !strings.Contains(p.text(s.Words[0]), s.Arg(1)) {
		err = fmt.Errorf("%s is %s", s.Words[0], p.text(s.Words[0]))
	}
	return err
}

// behind wants progress to admit that something was not applied yet.
func (w *world) behind() error {
	at, err := w.now(w.source)
	if err != nil {
		return err
	}
	p, err := w.engine.progress()
	if err == nil && (p.text("lagMillis") == "0" || p.applied().Compare(at) >= 0) {
		err = fmt.Errorf("it says that all is applied: lagMillis %s, position %s, and the source is at %s", p.text("lagMillis"), p.applied(), at)
	}
	return err
}

// closed wants a plain user to be refused.
func (w *world) closed(s cases.Statement) error {
	side, err := w.side(s.Arg(1))
	if err != nil {
		return err
	}
	err = run(w.ctx, w.clients[side][mongotest.App].Database("closed"), d("insert", "c", "documents", bson.A{d("x", 1)}))
	if !hasCode(err, codeBlocked) {
		return fmt.Errorf("a write was to be refused with code %d, not: %v", codeBlocked, err)
	}
	return nil
}

func (w *world) expectOn(side int, s cases.Statement) error {
	db, coll := split(s.Arg(1))
	c := w.clients[side][mongotest.Root].Database(db).Collection(coll)
	switch s.Verb() {
	case "find":
		return w.expectDocuments(c, s)
	case "count":
		n, err := c.CountDocuments(w.ctx, bson.D{})
		if err == nil && strconv.FormatInt(n, 10) != s.Arg(2) {
			err = fmt.Errorf("there are %d documents", n)
		}
		return err
	case "index":
		return w.expectIndex(c, s)
	case "options":
		return w.expectOptions(c, s)
	case "missing":
		_, found, err := w.listed(c)
		if err == nil && found {
			err = fmt.Errorf("it is there")
		}
		return err
	}
	return fmt.Errorf("unknown expectation %q", s.Verb())
}

// expectDocuments compares byte by byte, in the order of _id, or of insertion.
func (w *world) expectDocuments(c *mongo.Collection, s cases.Statement) error {
	query, err := cases.Document(s.Arg(2))
	if err != nil {
		return err
	}
	listed, _, err := w.listed(c)
	if err != nil {
		return err
	}
	order := d("_id", 1)
	if capped, _ := listed.Lookup("options", "capped").BooleanOK(); capped {
		order = d("$natural", 1)
	}
	cursor, err := c.Find(w.ctx, query, options.Find().SetSort(order))
	if err != nil {
		return err
	}
	var found []bson.Raw
	if err := cursor.All(w.ctx, &found); err != nil {
		return err
	}
	return sameDocuments(found, s.Words[3:])
}

func sameDocuments(found []bson.Raw, wanted []string) error {
	for i, word := range wanted {
		doc, err := cases.Document(word)
		if err != nil {
			return err
		}
		raw, err := bson.Marshal(doc)
		if err != nil {
			return err
		}
		if i >= len(found) || !bytes.Equal(found[i], raw) {
			return fmt.Errorf("document %d is not %s; found %.2000s", i, word, fmt.Sprint(found))
		}
	}
	if len(found) != len(wanted) {
		return fmt.Errorf("%d documents and not %d: %.2000s", len(found), len(wanted), fmt.Sprint(found))
	}
	return nil
}

func (w *world) expectIndex(c *mongo.Collection, s cases.Statement) error {
	cursor, err := c.Indexes().List(w.ctx)
	if err != nil {
		return err
	}
	var all []bson.Raw
	if err := cursor.All(w.ctx, &all); err != nil {
		return err
	}
	for _, spec := range all {
		if name, _ := spec.Lookup("name").StringValueOK(); name == s.Arg(2) {
			return hasFields(spec, s.Arg(3))
		}
	}
	if s.Arg(3) == "missing" {
		return nil
	}
	return fmt.Errorf("there is no such index: %s", all)
}

func (w *world) expectOptions(c *mongo.Collection, s cases.Statement) error {
	listed, found, err := w.listed(c)
	if err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("it is not there")
	}
	return hasFields(listed.Lookup("options").Document(), s.Arg(2))
}

// listed is the entry of a collection or view in listCollections.
func (w *world) listed(c *mongo.Collection) (entry bson.Raw, found bool, err error) {
	cursor, err := c.Database().ListCollections(w.ctx, d("name", c.Name()))
	if err != nil {
		return nil, false, err
	}
	var all []bson.Raw
	if err := cursor.All(w.ctx, &all); err != nil || len(all) == 0 {
		return nil, false, err
	}
	return all[0], true, nil
}

// hasFields wants each field of a document; null means that it is not there.
func hasFields(doc bson.Raw, word string) error {
	if word == "missing" {
		return fmt.Errorf("it is there: %s", doc)
	}
	wanted, err := cases.Document(word)
	if err != nil {
		return err
	}
	raw, err := bson.Marshal(wanted)
	if err != nil {
		return err
	}
	fields, err := bson.Raw(raw).Elements()
	for _, f := range fields {
		got := doc.Lookup(f.Key())
		if f.Value().Type == bson.TypeNull && got.IsZero() {
			continue
		}
		if a, b := relaxed(got), relaxed(f.Value()); a != b {
			return fmt.Errorf("%s is %s and not %s in %s", f.Key(), a, b, doc)
		}
	}
	return err
}

// relaxed is a value as JSON without the types of its numbers.
func relaxed(v bson.RawValue) string {
	out, _ := bson.MarshalExtJSON(d("v", v), false, false)
	return string(out)
}
