// Package cutover carries out the two plans that change which side is open:
// commit and reverse. A plan is a list of numbered steps, each with do and undo,
// both safe to repeat. The record says which step comes next, so a restart goes
// on where the last life ended.
//
// Each plan has one point of no return, and it is a record write. A failure
// before it undoes the plan: the undo itself is recorded first, then the steps
// are undone from the current one down. After it the plan only goes forward,
// with growing patience, also across restarts.
//
// Within one owner this keeps: never two sides open; an open side has every
// acknowledged write; a record always exists. The model test explores every
// interleaving of crashes, failures and user writes.
package cutover
