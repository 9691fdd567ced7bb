package sdk

import "time"

// Running is a component that is being evaluated at this moment.
type Running struct {
	Module    string    `json:"module"`
	Component string    `json:"component"`
	Kind      Kind      `json:"kind"`
	Phase     Phase     `json:"phase"`
	Since     time.Time `json:"since"`
}
