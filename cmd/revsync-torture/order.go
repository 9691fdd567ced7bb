package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/revsync/revsync/cmd/internal/child"
	"github.com/revsync/revsync/core/lifecycle"
)

// order is a command and where it leads.
type order struct {
	command, body string
	from          func(child.Progress) bool // when to send it
	done          func(child.Progress) bool
}

// Under fire a command may take its time: it is refused while a server does not
// answer, and undone when a step fails. When there are no more faults it
// may not.
const (
	patienceUnderFire = 20 * time.Second
	patienceInPeace   = time.Minute
	orderInterval     = 30 * time.Millisecond
	callTimeout       = 30 * time.Second
)

// hastened is when a fault comes after a command.
var hastened = span{0, 1500 * time.Millisecond}

// errLate is why a command is given up.
var errLate = errors.New("standstill")

// carryOut sends a command until it is done, as an operator would, and answers when it was
// sent first. Some of the time a fault comes right after the command.
func (w *world) carryOut(ctx context.Context, o order) (asked time.Time, err error) {
	soon, hasten := hastened.draw(w.random), w.random.IntN(2) == 0
	c := &carrier{world: w, order: o, accepted: func() {
		if hasten {
			w.nemesis.hasten(soon)
		}
	}}
	late, err := c.until(ctx, patienceUnderFire)
	if late {
		w.say("%s is not done after %s: no more trouble until it is", o.command, patienceUnderFire)
		w.nemesis.truce.Lock()
		defer w.nemesis.truce.Unlock()
		w.nemesis.engineTruce.Lock()
		defer w.nemesis.engineTruce.Unlock()
		late, err = c.until(ctx, patienceInPeace)
	}
	if late {
		err = fmt.Errorf("%w: %s was not done after %s of faults and %s without any; last seen: %s (%s), step %q, last error %q, last refusal: %v",
			errLate, o.command, patienceUnderFire, patienceInPeace, c.last.State, c.last.Info, c.last.Step, c.last.Trouble(), c.refusal)
	}
	return c.asked, err
}

// carrier is one command on its way.
type carrier struct {
	*world
	order
	accepted func()
	asked    time.Time
	sent     bool // and accepted, and not undone
	last     child.Progress
	refusal  error
}

// until sends the command and sends it again; late means that the time is over.
func (c *carrier) until(ctx context.Context, patience time.Duration) (late bool, err error) {
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if c.look(ctx) {
			if c.done(c.last) {
				return false, nil
			}
			if err := c.send(ctx); err != nil {
				return false, err
			}
		}
		if !pause(ctx, orderInterval) {
			return false, context.Cause(ctx)
		}
	}
	return true, nil
}

// look reads progress; false while it cannot be read.
func (c *carrier) look(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	p, err := c.engine.current.Load().API.Progress(ctx)
	if err == nil {
		c.last = p
		c.sent = c.sent || p.State == string(lifecycle.Committing) || p.State == string(lifecycle.Reversing)
	}
	return err == nil
}

// send sends the command if it is time to.
func (c *carrier) send(ctx context.Context) error {
	if c.sent && c.from(c.last) { // it has been undone
		c.sent = false
		c.tally.add(func(t *tally) { t.undone++ })
		if err := c.useOpenSide(); err != nil { // the users were refused for a while
			return err
		}
	}
	if !c.from(c.last) {
		return nil
	}
	if c.asked.IsZero() {
		c.asked = time.Now().UTC()
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := c.engine.current.Load().API.Call(ctx, c.command, c.body)
	if err == nil {
		c.sent = true
		c.accepted()
	} else {
		c.refusal = err // by the server, or by its absence; progress will tell
	}
	return c.note(c.command, err)
}
