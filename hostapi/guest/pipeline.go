package guest

import (
	"fmt"
	"maps"
	"slices"
)

// stages are the aggregation stages that a module may use: those that only look at documents which a find could read as
// well. It is an allow-list, since servers keep getting stages that show other things (sessions, operations, plans,
// statistics, change streams) or write.
var stages = map[string]bool{"$addFields": true, "$bucket": true, "$bucketAuto": true, "$count": true, "$densify": true,
	"$facet": true, "$fill": true, "$geoNear": true, "$graphLookup": true, "$group": true, "$limit": true, "$lookup": true,
	"$match": true, "$project": true, "$redact": true, "$replaceRoot": true, "$replaceWith": true, "$sample": true,
	"$set": true, "$setWindowFields": true, "$skip": true, "$sort": true, "$sortByCount": true, "$unionWith": true,
	"$unset": true, "$unwind": true}

// Stages lists the stages that a pipeline can have, in alphabetical order.
func Stages() []string { return slices.Sorted(maps.Keys(stages)) }

// The fields of the stages that read other collections.
var (
	lookupFields      = []string{"from", "localField", "foreignField", "let", "pipeline", "as"}
	unionWithFields   = []string{"coll", "pipeline"}
	graphLookupFields = []string{"from", "startWith", "connectFromField", "connectToField", "as", "maxDepth", "depthField",
		"restrictSearchWithMatch"}
)

// pipeline is what walking over a pipeline has found.
type pipeline struct {
	collections []string // that it reads beside the one it runs on, all of the same database
}

// walkPipeline checks every stage, also those in pipelines inside stages, and returns the other collections that they
// read. Keys have been checked before: see checkKeys.
func walkPipeline(list node) ([]string, error) {
	var p pipeline
	err := p.walk(list)
	return p.collections, err
}

func (p *pipeline) walk(list node) error {
	if list.kind != '[' {
		return fmt.Errorf("a pipeline is not an array of stages")
	}
	for _, stage := range list.items {
		if stage.kind != '{' || len(stage.fields) != 1 {
			return fmt.Errorf("a stage is not a document with one key")
		}
		name, value := stage.fields[0].key, stage.fields[0].value
		if !stages[name] {
			return fmt.Errorf("stage %q is not on the read-only list", clip(name, 64))
		}
		if err := p.stage(name, value); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// stage looks into the stages that can hold a pipeline or name another collection.
func (p *pipeline) stage(name string, value node) error {
	switch name {
	case "$facet":
		return p.facet(value)
	case "$lookup":
		return p.reads(value, "from", lookupFields)
	case "$graphLookup":
		return p.reads(value, "from", graphLookupFields)
	case "$unionWith":
		if value.kind == '"' {
			return p.collection(value)
		}
		return p.reads(value, "coll", unionWithFields)
	}
	return nil
}

func (p *pipeline) facet(v node) error {
	if v.kind != '{' {
		return fmt.Errorf("not a document of pipelines")
	}
	for _, f := range v.fields {
		if err := p.walk(f.value); err != nil {
			return err
		}
	}
	return nil
}

// reads checks a stage that reads the collection which the key names, through a pipeline if there is one.
func (p *pipeline) reads(v node, key string, allowed []string) error {
	if v.kind != '{' {
		return fmt.Errorf("not a document")
	}
	for _, f := range v.fields {
		if !slices.Contains(allowed, f.key) {
			return fmt.Errorf("field %q is not allowed", clip(f.key, 64))
		}
	}
	from, ok := v.get(key)
	if !ok {
		return fmt.Errorf("it has no field %q", key) // it would read what another stage, or another database, offers
	}
	if err := p.collection(from); err != nil {
		return err
	}
	if inner, ok := v.get("pipeline"); ok {
		return p.walk(inner)
	}
	return nil
}

func (p *pipeline) collection(name node) error {
	if name.kind != '"' {
		return fmt.Errorf("the other collection is not given by its name; other databases cannot be read")
	}
	if err := checkCollection(name.text); err != nil {
		return err
	}
	p.collections = append(p.collections, name.text)
	return nil
}
