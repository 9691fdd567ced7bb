//go:build !unix

package mongotest

import "errors"

func (p *process) signalStop() error      { return errors.ErrUnsupported }
func (p *process) signalContinue() error  { return errors.ErrUnsupported }
func (p *process) signalTerminate() error { return errors.ErrUnsupported }
