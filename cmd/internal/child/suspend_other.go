//go:build !unix

package child

import "errors"

// Suspend is not possible here.
func (p *Process) Suspend() error { return errors.ErrUnsupported }

// Continue is not possible here.
func (p *Process) Continue() error { return errors.ErrUnsupported }
