package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/revsync/revsync/core/lifecycle"
)

// decodeFilter reads one entry of includeNamespaces or excludeNamespaces.
func decodeFilter(raw json.RawMessage, f *lifecycle.NSFilter) error {
	err := object{
		"database":         func(raw json.RawMessage) error { return userDatabase(raw, &f.Database) },
		"databaseRegex":    pattern(&f.DatabaseRegex),
		"collections":      list(&f.Collections, userCollection),
		"collectionsRegex": pattern(&f.CollectionsRegex),
	}.decode(raw)
	switch {
	case err != nil:
		return err
	case (f.Database == "") == (f.DatabaseRegex == nil):
		return errors.New("exactly one of database and databaseRegex is needed")
	case f.Collections != nil && f.CollectionsRegex != nil:
		return errors.New("only one of collections and collectionsRegex can be used")
	}
	return nil
}

// userDatabase refuses the databases that never take part in a sync: a filter
// that names one of them would promise something that does not happen.
func userDatabase(raw json.RawMessage, dst *string) error {
	if err := name(raw, dst); err != nil {
		return err
	}
	internal := strings.HasPrefix(*dst, "__mdb_internal") || strings.HasPrefix(*dst, "mongosync_")
	if internal || slices.Contains([]string{"admin", "local", "config", "revsync_internal"}, *dst) {
		return fmt.Errorf("%q is a system database, which is never copied", *dst)
	}
	return nil
}

func userCollection(raw json.RawMessage, dst *string) error {
	if err := name(raw, dst); err != nil {
		return err
	}
	if strings.HasPrefix(*dst, "system.") {
		return fmt.Errorf("%q is a system collection, which a filter cannot name", *dst)
	}
	return nil
}

// pattern reads {pattern, options}; the letters are those of the server's $regex.
func pattern(dst **lifecycle.Pattern) func(json.RawMessage) error {
	return func(raw json.RawMessage) error {
		var p lifecycle.Pattern
		err := object{
			"pattern": func(raw json.RawMessage) error { return name(raw, &p.Pattern) },
			"options": set(&p.Options),
		}.decode(raw)
		switch {
		case err != nil:
			return err
		case p.Pattern == "":
			return errors.New(`field "pattern" is missing`)
		case strings.Trim(p.Options, "imsxu") != "":
			return fmt.Errorf("options %q: the letters are i, m, s, u and x", p.Options)
		}
		*dst = &p
		return nil
	}
}
