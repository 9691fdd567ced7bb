package schema

import (
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// signature is what the server compares to tell whether two indexes of a
// collection are the same, uniqueness apart: without that they cannot both exist.
func signature(spec bson.Raw) string {
	key := documentValue(cleanKey(spec.Lookup("key")))
	return fmt.Sprintf("%s/%s/%s/%s/%v", canon(key), canon(spec.Lookup("collation")),
		canon(spec.Lookup("partialFilterExpression")), canon(spec.Lookup("wildcardProjection")), truthy(spec.Lookup("sparse")))
}

// twins finds the indexes whose relaxed form would equal that of another one:
// a unique and a non-unique index on the same keys. The unique ones of them are
// answered by name in late; they are built at commit, in their real form. Equal
// indexes that are both not unique cannot be made on the destination at all.
func twins(indexes []Index) (late map[string]bool, hopeless []string) {
	late = map[string]bool{}
	groups := map[string][]Index{}
	for _, x := range indexes {
		s := signature(x.Spec)
		groups[s] = append(groups[s], x)
	}
	for _, group := range groups {
		first := firstRelaxable(group)
		for i, x := range group {
			switch {
			case i == first:
			case formOf(x.Spec).unique:
				late[x.Name] = true
			default:
				hopeless = append(hopeless, x.Name)
			}
		}
	}
	return late, hopeless
}

// firstRelaxable prefers a non-unique index: it is in its real form at once.
func firstRelaxable(group []Index) int {
	for i, x := range group {
		if !formOf(x.Spec).unique {
			return i
		}
	}
	return 0
}

// definition are the fields, beside signature and form, that make an index what it is.
var definition = []string{"name", "v", "weights", "default_language", "language_override", "textIndexVersion",
	"2dsphereIndexVersion", "bits", "min", "max", "storageEngine"}

// sameIndex compares two definitions without regard to the order of fields and
// the type of flags and numbers: listIndexes and change events differ in both.
func sameIndex(a, b bson.Raw) bool {
	for _, key := range definition {
		if canon(a.Lookup(key)) != canon(b.Lookup(key)) {
			return false
		}
	}
	return signature(a) == signature(b) && formOf(a) == formOf(b)
}
