package schema

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/revsync/revsync/core/facts"
	"github.com/revsync/revsync/sdk"
)

// A unique index made under feature compatibility 4.0 or older can hold keys
// without their record ids. forceNonUnique only changes the index's metadata, so
// that afterwards such keys are misread: mongod 6.0.5 aborts, later ones corrupt
// the index, and silently so where only a secondary has such keys. So before the
// first one is sent, every data-bearing member is asked, and an index that is not
// known to be clean on all of them refuses the whole change.

// checkFormats refuses, by name, every index of the destination that may hold old
// keys on any member.
func (c *Catalog) checkFormats(ctx context.Context) error {
	unproven := c.unproven(func(x Index) bool { return x.CleanDest })
	if len(unproven) == 0 {
		return nil
	}
	ctx, cancel := long(ctx) // what looks old is validated, which reads it whole
	defer cancel()
	found, err := facts.UniqueIndexesOf(ctx, c.dest, unproven.has)
	if err != nil {
		return fmt.Errorf("ask the members of %s for the format of their unique indexes: %w", c.dest.Name(), err)
	}
	return unproven.refuse(c.dest.Name(), found)
}

// OldOnSource refuses, by name, every unique index of the source that may hold
// old keys on any member, so that a reverse could not relax it. cluster is how
// errors call the source, known what its members say.
func (c *Catalog) OldOnSource(cluster string, known sdk.UniqueIndexes) error {
	unproven := c.unproven(func(x Index) bool { return x.CleanSource })
	if len(unproven) == 0 {
		return nil
	}
	if !known.Known {
		return fmt.Errorf("the format of the unique indexes of %s is not known: %s", cluster, known.Error)
	}
	return unproven.refuse(cluster, known)
}

// indexSet holds indexes by collection and name.
type indexSet map[[2]string]bool

func (s indexSet) has(namespace, index string) bool { return s[[2]string{namespace, index}] }

// unproven are the unique indexes that were not made while a sync knew of them.
func (c *Catalog) unproven(clean func(Index) bool) indexSet {
	out := indexSet{}
	for _, e := range c.Collections() {
		for _, x := range e.Indexes {
			if formOf(x.Spec).unique && !clean(x) && x.State != IndexAtEnd {
				out[[2]string{e.NS.String(), x.Name}] = true
			}
		}
	}
	return out
}

// refuse words what speaks against the indexes of the set, nil for nothing.
func (s indexSet) refuse(cluster string, found sdk.UniqueIndexes) error {
	var refused []error
	for _, m := range found.Members {
		if !m.Known {
			refused = append(refused, fmt.Errorf("member %s could not be asked: %s", m.Host, m.Error))
		}
		for _, ns := range namespacesOf(m.Suspects) {
			if bad := s.bad(m.Suspects, ns); len(bad) > 0 {
				refused = append(refused, fmt.Errorf("%s: %s on member %s", ns, strings.Join(bad, ", "), m.Host))
			}
		}
	}
	if len(found.Members) == 0 {
		refused = append(refused, errors.New("no data-bearing member was found"))
	}
	if len(refused) == 0 {
		return nil
	}
	return &OldFormatError{Cluster: cluster, Reasons: errors.Join(refused...)}
}

// OldFormatError says which unique indexes hold keys of MongoDB 4.0 or older, or
// may do so, or which members could not be asked about theirs.
type OldFormatError struct {
	Cluster string
	Reasons error
}

// Error names each index, and the member that has it.
func (e *OldFormatError) Error() string {
	return fmt.Sprintf("these unique indexes of %s hold keys in a format of MongoDB 4.0 or older, or may do so, and cannot be made non-unique without damage (an initial sync of each member that has them makes them anew): %v",
		e.Cluster, e.Reasons)
}

// bad names the indexes of one collection that validate has not cleared.
func (s indexSet) bad(suspects []sdk.UniqueIndex, ns string) (names []string) {
	for _, ix := range suspects {
		switch {
		case ix.Namespace != ns || !s.has(ns, ix.Name):
		case len(ix.ValidateWarnings) > 0:
			names = append(names, ix.Name)
		case !ix.Validated:
			names = append(names, fmt.Sprintf("%s (not validated: %s)", ix.Name, ix.ValidateError))
		}
	}
	return names
}

func namespacesOf(suspects []sdk.UniqueIndex) (out []string) {
	for _, ix := range suspects {
		if !slices.Contains(out, ix.Namespace) {
			out = append(out, ix.Namespace)
		}
	}
	return out
}
