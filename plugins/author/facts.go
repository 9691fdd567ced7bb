package author

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/revsync/revsync/sdk"
)

// MissingFacts lists the families that the request's component asks for and the request says nothing about.
func (p *Plugin) MissingFacts(req sdk.Request) ([]string, error) {
	_, offered, err := p.component(req.Component)
	if err != nil {
		return nil, err
	}
	nothing := sdk.Facts{CollectedAt: req.Facts.CollectedAt}
	return slices.DeleteFunc(slices.Clone(offered.Facts), func(family string) bool {
		return !reflect.DeepEqual(req.Facts.Only([]string{family}), nothing)
	}), nil
}

// AddFacts puts what was found about the families into the facts of a request, which keeps what it has of others, and
// the time if it has one.
func AddFacts(to *sdk.Facts, found sdk.Facts, families []string) error {
	if len(families) == 0 {
		return nil
	}
	doc, err := json.Marshal(found.Only(families))
	if err != nil {
		return fmt.Errorf("facts: %w", err)
	}
	at := to.CollectedAt
	if err := json.Unmarshal(doc, to); err != nil { // what is not in doc stays as it is
		return fmt.Errorf("facts: %w", err)
	}
	if !at.IsZero() {
		to.CollectedAt = at
	}
	return nil
}

// factsWithoutSecrets holds facts to what replies of servers are held to.
func factsWithoutSecrets(f sdk.Facts) (sdk.Facts, error) {
	doc, err := json.Marshal(f)
	if err == nil {
		doc, err = withoutSecrets(doc)
	}
	var clean sdk.Facts
	if err == nil {
		err = json.Unmarshal(doc, &clean)
	}
	if err != nil {
		return clean, fmt.Errorf("facts: %w", err)
	}
	return clean, nil
}
