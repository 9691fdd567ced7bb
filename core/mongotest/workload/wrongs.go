package workload

import (
	"errors"
	"fmt"
)

// maxWrongs bounds how many errors one client's check returns.
const maxWrongs = 10

// wrongs collects what a check finds.
type wrongs struct{ list []error }

func (w *wrongs) addf(format string, args ...any) { w.add(fmt.Errorf(format, args...)) }

func (w *wrongs) add(err error) {
	if err != nil && len(w.list) < maxWrongs {
		w.list = append(w.list, err)
	}
}

func (w *wrongs) err() error { return errors.Join(w.list...) }
