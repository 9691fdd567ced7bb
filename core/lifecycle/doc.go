// Package lifecycle is the pure heart of a sync: its states, the one table of
// transitions, the persisted record, the order of the steps of commit and
// reverse, and the direction. Nothing here blocks, fails or takes time; it uses
// the standard library only, so that every rule can be tested by enumeration.
package lifecycle
