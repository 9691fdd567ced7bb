package core

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
)

// compileFilter makes the test for a sync's namespaces: included (or no include
// list), and not excluded.
func compileFilter(o lifecycle.Options) (func(mdb.Namespace) bool, error) {
	include, err := compileEntries(o.Include)
	if err != nil {
		return nil, fmt.Errorf("includeNamespaces: %w", err)
	}
	exclude, err := compileEntries(o.Exclude)
	if err != nil {
		return nil, fmt.Errorf("excludeNamespaces: %w", err)
	}
	return func(ns mdb.Namespace) bool {
		return ns.User() && (len(include) == 0 || matchAny(include, ns)) && !matchAny(exclude, ns)
	}, nil
}

type nsMatch struct{ db, coll func(string) bool }

func matchAny(list []nsMatch, ns mdb.Namespace) bool {
	return slices.ContainsFunc(list, func(m nsMatch) bool { return m.db(ns.DB) && m.coll(ns.Coll) })
}

func compileEntries(list []lifecycle.NSFilter) ([]nsMatch, error) {
	var out []nsMatch
	for i, e := range list {
		m, err := compileEntry(e)
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", i, err)
		}
		out = append(out, m)
	}
	return out, nil
}

func compileEntry(e lifecycle.NSFilter) (m nsMatch, err error) {
	if (e.Database == "") == (e.DatabaseRegex == nil) {
		return m, fmt.Errorf("give either database or databaseRegex")
	}
	if len(e.Collections) > 0 && e.CollectionsRegex != nil {
		return m, fmt.Errorf("give either collections or collectionsRegex, not both")
	}
	if m.db, err = matcher([]string{e.Database}, e.DatabaseRegex); err != nil {
		return m, err
	}
	if len(e.Collections) == 0 && e.CollectionsRegex == nil {
		m.coll = func(string) bool { return true }
		return m, nil
	}
	m.coll, err = matcher(e.Collections, e.CollectionsRegex)
	return m, err
}

func matcher(names []string, p *lifecycle.Pattern) (func(string) bool, error) {
	if p == nil {
		return func(s string) bool { return slices.Contains(names, s) }, nil
	}
	flags, err := goFlags(p.Options)
	if err != nil {
		return nil, err
	}
	re, err := regexp.Compile(flags + p.Pattern)
	if err != nil {
		return nil, fmt.Errorf("the pattern %q cannot be used here (look-around and back references are not supported): %w", p.Pattern, err)
	}
	return re.MatchString, nil
}

// goFlags turns the server's option letters into Go's.
func goFlags(letters string) (string, error) {
	for _, l := range letters {
		if !strings.ContainsRune("ims", l) {
			return "", fmt.Errorf("the option letter %q cannot be used; i, m and s can", string(l))
		}
	}
	if letters == "" {
		return "", nil
	}
	return "(?" + letters + ")", nil
}
