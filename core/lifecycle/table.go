package lifecycle

import (
	"fmt"
	"strings"
)

// row is one legal transition.
type row struct {
	from    State
	trigger Trigger
	to      State
}

// table is every legal transition; what is not here is refused. The row of
// Connected leads to Idle when there is no record; with a record the sync takes
// the recorded state up again (see Record.State).
var table = []row{
	{Initializing, Connected, Idle},
	{Idle, Start, Running},
	{Running, Pause, Paused},
	{Paused, Resume, Running},
	{Running, Commit, Committing},
	{Committing, CommitDone, Committed},
	{Committing, CommitUndone, Running},
	{Committed, Reverse, Reversing},
	{Reversing, ReverseDone, Running},
	{Reversing, ReverseUndone, Committed},
}

// IllegalError is the refusal of a trigger in a state.
type IllegalError struct {
	State   State
	Trigger Trigger
}

// Error names the state and what is allowed in it.
func (e *IllegalError) Error() string {
	return fmt.Sprintf("%s is not allowed in state %s; allowed here: %s", e.Trigger, e.State, allowedText(e.State))
}

// Next answers which state follows, or an *IllegalError.
func Next(from State, t Trigger) (State, error) {
	for _, r := range table {
		if r.from == from && r.trigger == t {
			return r.to, nil
		}
	}
	return from, &IllegalError{State: from, Trigger: t}
}

// Allowed lists the commands that the table has for a state; progress is
// allowed in every state and is not a command.
func Allowed(s State) []Trigger {
	var out []Trigger
	for _, c := range Commands {
		if _, err := Next(s, c); err == nil {
			out = append(out, c)
		}
	}
	return out
}

func allowedText(s State) string {
	words := []string{}
	for _, c := range Allowed(s) {
		words = append(words, string(c))
	}
	return strings.Join(append(words, "progress"), ", ")
}
