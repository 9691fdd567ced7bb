package rest

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/revsync/revsync/core"
	"github.com/revsync/revsync/core/lifecycle"
)

// startBody is the body of a start request while it is being read.
type startBody struct {
	source, destination string
	reversible          bool
	writeBlocking       lifecycle.WriteBlocking
	buildIndexes        lifecycle.BuildIndexes
	include, exclude    []lifecycle.NSFilter
	accept              []string
}

// decodeStart turns a start request into options. Every parameter of mongosync
// has an entry: it is honoured, or accepted because it changes nothing about
// the result, or refused with the reason.
func decodeStart(body []byte) (core.StartOptions, error) {
	var b startBody
	if err := b.fields().decode(body); err != nil {
		return core.StartOptions{}, err
	}
	opts := b.options()
	if b.source == "" || b.destination == "" {
		return opts, errors.New("source and destination are both needed: \"cluster0\" and \"cluster1\", or the other way round")
	}
	if err := opts.Mapping.Validate(); err != nil {
		return opts, err
	}
	return opts, opts.Options.Validate()
}

func (b *startBody) fields() object {
	return object{
		"source":                     set(&b.source),
		"destination":                set(&b.destination),
		"reversible":                 set(&b.reversible),
		"enableUserWriteBlocking":    b.setWriteBlocking,
		"buildIndexes":               b.setBuildIndexes,
		"includeNamespaces":          list(&b.include, decodeFilter),
		"excludeNamespaces":          list(&b.exclude, decodeFilter),
		acceptField:                  setAccept(&b.accept),
		"detectRandomId":             set(new(bool)), // speed of the copy only
		"copyInNaturalOrder":         list(new([]struct{}), checkNaturalOrder),
		"skipDiskSpaceCheck":         set(new(bool)), // there is no such check
		"verification":               checkVerification,
		"preExistingDestinationData": unlessTrue("the destination must hold no user data"),
		"destinationDataHandling":    checkDataHandling,
		"sharding":                   refused("both clusters are replica sets"),
		"namespaceRemap":             refused("namespaces keep their names"),
		"documentFilter":             refused("documents cannot be left out; includeNamespaces and excludeNamespaces choose whole collections"),
	}
}

// options fills in the defaults. A reversible sync blocks both sides unless the
// request says otherwise (and is then refused), so that a body for a mongosync
// that no longer knows enableUserWriteBlocking works unchanged.
func (b *startBody) options() core.StartOptions {
	o := lifecycle.Options{
		Reversible: b.reversible, WriteBlocking: b.writeBlocking, BuildIndexes: b.buildIndexes,
		Include: b.include, Exclude: b.exclude,
	}
	if o.BuildIndexes == "" {
		o.BuildIndexes = lifecycle.AfterDataCopy
	}
	if o.WriteBlocking == "" {
		o.WriteBlocking = lifecycle.BlockDestinationOnly
		if o.Reversible {
			o.WriteBlocking = lifecycle.BlockSourceAndDestination
		}
	}
	m := lifecycle.Mapping{Source: lifecycle.ClusterID(b.source), Destination: lifecycle.ClusterID(b.destination)}
	return core.StartOptions{Mapping: m, Options: o, Accept: b.accept}
}

func (b *startBody) setWriteBlocking(raw json.RawMessage) error {
	switch string(raw) {
	case "true":
		b.writeBlocking = lifecycle.BlockSourceAndDestination
		return nil
	case "false":
		b.writeBlocking = lifecycle.BlockNone
		return nil
	}
	return oneOf(raw, &b.writeBlocking, lifecycle.BlockSourceAndDestination, lifecycle.BlockDestinationOnly, lifecycle.BlockNone)
}

func (b *startBody) setBuildIndexes(raw json.RawMessage) error {
	return oneOf(raw, &b.buildIndexes, lifecycle.AfterDataCopy, lifecycle.BeforeDataCopy, lifecycle.NeverBuild)
}

// oneOf stores a string that is one of the allowed ones.
func oneOf[T ~string](raw json.RawMessage, dst *T, allowed ...T) error {
	if err := set(dst)(raw); err != nil {
		return fmt.Errorf("want one of %q, got %s", allowed, kindOf(raw))
	}
	for _, a := range allowed {
		if *dst == a {
			return nil
		}
	}
	return fmt.Errorf("%q is not supported; use one of %q", *dst, allowed)
}

func refused(why string) func(json.RawMessage) error {
	return func(json.RawMessage) error { return fmt.Errorf("not supported: %s; leave it out", why) }
}

func unlessTrue(why string) func(json.RawMessage) error {
	return func(raw json.RawMessage) error {
		var on bool
		if err := set(&on)(raw); err != nil {
			return err
		}
		if on {
			return fmt.Errorf("true is not supported: %s; leave it out", why)
		}
		return nil
	}
}

func checkVerification(raw json.RawMessage) error {
	return object{"enabled": unlessTrue("there is no embedded verifier")}.decode(raw)
}

func checkDataHandling(raw json.RawMessage) error {
	var how string
	return oneOf(raw, &how, "requireEmptyDestination")
}

// checkNaturalOrder looks at the shape only: the order in which a collection is
// read changes nothing about what arrives.
func checkNaturalOrder(raw json.RawMessage, _ *struct{}) error {
	var database string
	var collections []string
	err := object{
		"database":    func(raw json.RawMessage) error { return name(raw, &database) },
		"collections": list(&collections, name),
	}.decode(raw)
	if err == nil && database == "" {
		err = errors.New(`field "database" is missing`)
	}
	return err
}
