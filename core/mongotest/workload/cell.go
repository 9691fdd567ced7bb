package workload

import (
	"fmt"
	"slices"
)

// cell is what one client knows about one thing that is its own: how it is since
// the last acknowledged operation, and how an operation of unknown outcome may
// have left it. After such an operation the thing is left alone, because a late
// server may still do it, after whatever came next.
type cell[T comparable] struct {
	last  T
	maybe []T
}

// record takes in an answer to an operation that would lead to next.
func (c *cell[T]) record(o Outcome, next T) {
	switch o {
	case Acknowledged:
		c.last = next
	case Unknown, Failed:
		c.maybe = append(c.maybe, next)
	}
}

// recordPart is record for operations that can stop half-way: what was refused may
// have been done in part.
func (c *cell[T]) recordPart(o Outcome, next ...T) {
	if o == Acknowledged {
		c.last = next[0]
		return
	}
	c.maybe = append(c.maybe, next...)
}

// retired reports that the thing must be left alone.
func (c *cell[T]) retired() bool { return len(c.maybe) > 0 }

// check compares the thing as it is with what is known.
func (c *cell[T]) check(what string, got T) error {
	if got == c.last || slices.Contains(c.maybe, got) {
		return nil
	}
	wanted := fmt.Sprint(c.last)
	for _, m := range c.maybe {
		wanted += fmt.Sprint(" or ", m)
	}
	return fmt.Errorf("%s is %v, and must be %s", what, got, wanted)
}

// pool holds the things of one client: those that it works on, and those that
// must be left alone.
type pool[T interface{ leftAlone() bool }] struct {
	active, left []T
	made         int
}

// refill puts new things, which are numbered, in the place of those that must be
// left alone, until size are active.
func (p *pool[T]) refill(size int, fresh func(number int) T) {
	var active []T
	for _, thing := range p.active {
		if thing.leftAlone() {
			p.left = append(p.left, thing)
		} else {
			active = append(active, thing)
		}
	}
	for len(active) < size {
		active = append(active, fresh(p.made))
		p.made++
	}
	p.active = active
}

// all returns everything, also what is left alone.
func (p *pool[T]) all() []T { return slices.Concat(p.left, p.active) }
