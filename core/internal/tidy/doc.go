// Package tidy holds no code, only the test that guards the shape of the tree:
// which package may import what, which words a package must not know, how long
// a file may be.
package tidy
