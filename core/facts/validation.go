package facts

import (
	"regexp"
	"slices"
	"strings"
)

// validation is the part of validate's answer that says something about indexes.
type validation struct {
	Warnings []string                `bson:"warnings"`
	Errors   []string                `bson:"errors"`
	Keys     map[string]int64        `bson:"keysPerIndex"`
	Indexes  map[string]indexDetails `bson:"indexDetails"`
}

type indexDetails struct {
	Valid    bool     `bson:"valid"`
	Warnings []string `bson:"warnings"`
	Errors   []string `bson:"errors"`
}

// gaveUp is in the message of a validation that other operations were in the way of.
const gaveUp = "ould not complete validation"

// unfinished says why the validation did not get through the index, or "". An
// exception on the server is no error of the command: it comes as a warning
// beside valid: true, in an answer without any indexes.
func (v validation) unfinished(index string) string {
	all := slices.Concat(v.Warnings, v.Errors, v.Indexes[index].Warnings, v.Indexes[index].Errors)
	if i := slices.IndexFunc(all, func(m string) bool { return strings.Contains(m, gaveUp) }); i >= 0 {
		return clip(all[i])
	}
	_, counted := v.Keys[index]
	_, detailed := v.Indexes[index]
	if counted && detailed {
		return ""
	}
	return clip("validate did not get to the index: " + strings.Join(all, "; "))
}

// maxMessages bounds what is kept about one index; the first ones tell enough.
const maxMessages = 16

// about picks the messages about an index: its own, the warnings that name it,
// and every error that is not another index's: one that names no index may be
// about any of them. A warning that names none is about documents, or counts
// what an error says with a name.
func (v validation) about(index string) []string {
	own := v.Indexes[index]
	picked := slices.Concat(own.Warnings, own.Errors)
	for _, m := range v.Warnings {
		if names(m, index) && !slices.Contains(picked, m) {
			picked = append(picked, m)
		}
	}
	for _, m := range v.Errors {
		if !v.ofAnother(m, index) && !slices.Contains(picked, m) {
			picked = append(picked, m)
		}
	}
	if len(picked) == 0 && !own.Valid {
		picked = []string{"validate calls the index invalid"}
	}
	picked = picked[:min(len(picked), maxMessages)]
	for i := range picked {
		picked[i] = clip(picked[i])
	}
	return picked
}

// ofAnother reports whether an error is another index's: it stands in that one's
// details, or has its name in quotes and not this one's.
func (v validation) ofAnother(message, index string) bool {
	if strings.Contains(message, "'"+index+"'") {
		return false
	}
	for name, details := range v.Indexes {
		if name != index && (slices.Contains(details.Errors, message) || strings.Contains(message, "'"+name+"'")) {
			return true
		}
	}
	return false
}

// oldKeys is the server's text about keys without a record id, with the index's
// name in it as it is.
var oldKeys = regexp.MustCompile(`(?s)^Unique index (.*) has one or more keys in the old format`)

// names reports whether a message is about the index. A short name can be part
// of any text: then the message is shown with one index too many, not too few.
func names(message, index string) bool {
	if m := oldKeys.FindStringSubmatch(message); m != nil {
		return m[1] == index
	}
	return strings.Contains(message, index)
}
