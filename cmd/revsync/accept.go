package main

import (
	"encoding/json"

	"github.com/spf13/pflag"
)

// acceptance is the part of a request that accepts findings; the server checks it.
type acceptance struct {
	Accept []string `json:"acceptFindings,omitempty"`
}

func (a *acceptance) flag(f *pflag.FlagSet) {
	f.StringSliceVar(&a.Accept, "accept", nil, "`finding` of a check, as module/component/CODE, that shall not refuse this one request; it is logged and kept with the sync; can be given again")
}

func (a *acceptance) body() (string, error) {
	text, err := json.Marshal(a)
	return string(text), err
}
