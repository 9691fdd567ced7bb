// Package judge decides whether two clusters hold the same data, by reading all
// of both. It uses the driver and nothing else, so that a mistake in the engine
// cannot hide in what judges it.
//
// Compare is for two sides that stand still: what is written while it reads may
// be reported as a difference. Its user must be able to list and read
// everything, as mongotest's Root and Sync are.
package judge
