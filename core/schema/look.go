package schema

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	"github.com/revsync/revsync/core/mdb"
)

// listers is how many collections are asked for their indexes at a time.
const listers = 8

// listing is one look at a cluster. At is the time of an oplog note that a
// majority had before the look began: all DDL up to it was visible.
type listing struct {
	Source
	primary string // election id of the primary that was asked, throughout
	refused []string
}

// list asks one primary. What it shows may not have reached a majority yet; the
// closing note is confirmed by a majority and lies behind all of it.
func list(ctx context.Context, c *mdb.Cluster, keep func(mdb.Namespace) bool) (*listing, error) {
	var l listing
	var err error
	if l.primary, err = electionID(ctx, c); err != nil {
		return nil, err
	}
	if l.At, err = c.AppendNote(ctx, "schema"); err != nil {
		return nil, err
	}
	if err := l.read(ctx, c, keep); err != nil {
		return nil, err
	}
	if _, err = c.AppendNote(ctx, "schema"); err != nil {
		return nil, err
	}
	after, err := electionID(ctx, c)
	if err == nil && after != l.primary {
		l.primary = "" // equal to no other listing
	}
	return &l, err
}

func electionID(ctx context.Context, c *mdb.Cluster) (string, error) {
	reply, err := c.Run(ctx, "admin", bson.D{{Key: "hello", Value: 1}})
	if err != nil {
		return "", err
	}
	id, ok := reply.Lookup("electionId").ObjectIDOK()
	if !ok {
		return "", fmt.Errorf("%s: hello tells no election id; is this a replica set's primary?", c.Name())
	}
	return id.Hex(), nil
}

func (l *listing) read(ctx context.Context, c *mdb.Cluster, keep func(mdb.Namespace) bool) error {
	dbs, err := userDatabases(ctx, c)
	if err != nil {
		return err
	}
	for _, db := range dbs {
		all, err := listNamespaces(ctx, c, db, nil)
		if err != nil {
			return err
		}
		for _, x := range all {
			if x.ns.User() && (keep == nil || keep(x.ns)) {
				l.add(x)
			}
		}
	}
	if err := l.addHidden(ctx, c, keep); err != nil {
		return err
	}
	if err := l.addIndexes(ctx, c); err != nil {
		return err
	}
	slices.SortFunc(l.Collections, byNamespace)
	slices.SortFunc(l.Views, func(a, b View) int { return cmp.Compare(a.NS.String(), b.NS.String()) })
	slices.Sort(l.refused)
	return nil
}

func byNamespace(a, b Collection) int { return cmp.Compare(a.NS.String(), b.NS.String()) }

func (l *listing) add(x listed) {
	switch why := unsupported(x.kind, x.options); {
	case why != "":
		l.refused = append(l.refused, fmt.Sprintf("%s (%s)", x.ns, why))
	case x.kind == "view":
		l.Views = append(l.Views, View{NS: x.ns, Options: x.options})
	default:
		l.Collections = append(l.Collections, Collection{Source: x.uuid, NS: x.ns, Options: x.options})
	}
}

// addHidden refuses views that are stored and not shown. One that was dropped
// while the listing was read is not in the next.
func (l *listing) addHidden(ctx context.Context, c *mdb.Cluster, keep func(mdb.Namespace) bool) error {
	hidden, err := hiddenViews(ctx, c)
	for _, ns := range hidden {
		if ns.Coll != revealer && (keep == nil || keep(ns)) {
			l.refused = append(l.refused, fmt.Sprintf("%s (a view that is stored but not shown, as after a dropDatabase that a write block refused; create any view in its database and drop it again)", ns))
		}
	}
	return err
}

// unsupported says why a collection or view cannot be carried, or "".
func unsupported(kind string, options bson.Raw) string {
	on, _ := options.Lookup("viewOn").StringValueOK()
	switch {
	case kind == "timeseries", has(options, "timeseries"), strings.HasPrefix(on, "system.buckets."):
		return "a time series: its writes do not appear in change streams"
	case has(options, "encryptedFields"):
		return "Queryable Encryption: its state collections are tied to this cluster"
	case kind != "view" && kind != "collection":
		return "of the unknown type " + kind
	}
	return ""
}

func (l *listing) addIndexes(ctx context.Context, c *mdb.Cluster) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(listers)
	refused := make([]string, len(l.Collections))
	for i := range l.Collections {
		group.Go(func() (err error) {
			refused[i], err = l.Collections[i].readIndexes(ctx, c)
			return err
		})
	}
	err := group.Wait()
	l.Collections = slices.DeleteFunc(l.Collections, func(x Collection) bool { return x.Source.IsZero() })
	l.refused = append(l.refused, slices.DeleteFunc(refused, func(s string) bool { return s == "" })...)
	return err
}

// readIndexes fills in the indexes. A collection that was dropped meanwhile
// loses its UUID. It answers why the collection cannot be carried, or "".
func (e *Collection) readIndexes(ctx context.Context, c *mdb.Cluster) (refused string, err error) {
	specs, hasID, err := listIndexes(ctx, c, e.NS.DB, e.Source)
	if mdb.HasCode(err, mdb.CodeNamespaceNotFound) {
		e.Source = UUID{}
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("list the indexes of %s: %w", e.NS, err)
	}
	for _, s := range specs {
		e.Indexes = append(e.Indexes, Index{Name: indexName(s), Spec: s, State: IndexPending})
	}
	late, hopeless := twins(e.Indexes)
	e.markLate(late)
	switch {
	case !hasID:
		return e.NS.String() + " (it has no index on _id)", nil
	case len(hopeless) > 0:
		return fmt.Sprintf("%s (its index %s is equal to another one of its indexes; drop one of them)", e.NS, hopeless[0]), nil
	}
	return "", nil
}

// markLate gives the twins their state.
func (e *Collection) markLate(late map[string]bool) {
	for i := range e.Indexes {
		if late[e.Indexes[i].Name] {
			e.Indexes[i].State = IndexAtEnd
		}
	}
}

func (l *listing) equals(m *listing) bool {
	return l.primary != "" && l.primary == m.primary && slices.Equal(l.refused, m.refused) &&
		slices.EqualFunc(l.Collections, m.Collections, sameCollection) &&
		slices.EqualFunc(l.Views, m.Views, func(a, b View) bool { return a.NS == b.NS && bytes.Equal(a.Options, b.Options) })
}

func sameCollection(a, b Collection) bool {
	return a.Source == b.Source && a.NS == b.NS && bytes.Equal(a.Options, b.Options) &&
		slices.EqualFunc(a.Indexes, b.Indexes, func(x, y Index) bool { return bytes.Equal(x.Spec, y.Spec) })
}

func (l *listing) refusal(c *mdb.Cluster) error {
	if len(l.refused) == 0 {
		return nil
	}
	return fmt.Errorf("%s holds what cannot be carried to another cluster: %s; drop it, or leave it out with a namespace filter",
		c.Name(), strings.Join(l.refused, ", "))
}
