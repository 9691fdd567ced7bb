package judge

import (
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// maxTextBytes bounds how much of a value is shown.
const maxTextBytes = 200

// explain describes the first place where two documents with the same _id differ.
func explain(a, b bson.Raw) string {
	if text := explainAt("", a, b); text != "" {
		return text
	}
	return fmt.Sprintf("the bytes differ: %x on side a, %x on side b", clip(string(a)), clip(string(b)))
}

// explainAt looks for a difference below path; "" if it can see none.
func explainAt(path string, a, b bson.Raw) string {
	left, right := fieldsOf(a), fieldsOf(b)
	for _, name := range keysOfBoth(left, right) {
		x, y := left[name], right[name]
		if sameValue(x, y) {
			continue
		}
		if x.Type == y.Type && (x.Type == bson.TypeEmbeddedDocument || x.Type == bson.TypeArray) {
			if text := explainAt(path+name+".", x.Value, y.Value); text != "" {
				return text
			}
		}
		left, right := textOf(x), textOf(y)
		if left == right {
			right = "something that differs further on"
		}
		return fmt.Sprintf("field %s%s: %s on side a, %s on side b", path, name, left, right)
	}
	if x, y := namesOf(a), namesOf(b); !slices.Equal(x, y) {
		return fmt.Sprintf("fields of %s in another order: %s on side a, %s on side b",
			place(path), clip(strings.Join(x, ",")), clip(strings.Join(y, ",")))
	}
	return ""
}

func place(path string) string {
	if path == "" {
		return "the document"
	}
	return strings.TrimSuffix(path, ".")
}

func namesOf(doc bson.Raw) (names []string) {
	elements, _ := doc.Elements()
	for _, e := range elements {
		names = append(names, e.Key())
	}
	return names
}

// textOf is a value in canonical Extended JSON, in which the types of numbers show.
func textOf(v bson.RawValue) string {
	if v.IsZero() {
		return "nothing"
	}
	return clip(v.String())
}

func jsonOf(doc bson.Raw) string { return clip(doc.String()) }

func clip(text string) string {
	if len(text) <= maxTextBytes {
		return text
	}
	return strings.ToValidUTF8(text[:maxTextBytes], "") + "…"
}
