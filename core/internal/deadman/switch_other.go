//go:build !linux

package deadman

import "time"

// Switch cannot be had here.
type Switch struct{}

// New answers ErrUnsupported.
func New() (*Switch, error) { return nil, ErrUnsupported }

// Arm does nothing.
func (*Switch) Arm(time.Duration) error { return nil }

// Disarm does nothing.
func (*Switch) Disarm() error { return nil }

// Close does nothing.
func (*Switch) Close() {}
