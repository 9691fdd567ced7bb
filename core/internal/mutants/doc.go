// Package mutants plants bugs in the engine, one at a time, to prove that the
// tests see them: a test that never fails proves nothing. Each file in the folder
// bugs is one bug:
//
//	# what a user would lose
//	file core/applier/worker.go
//	test ./core/applier TestChanges
//	--- is
//	the text in that file, which occurs once
//	--- becomes
//	the text with the bug
//
// The bug is compiled in by the go command's -overlay; the sources stay as they
// are, and no other build can have it. The named test must fail, by name.
//
// make mutants runs them all, and make mutants N=3 three of them, other ones each
// day. A bug whose text is not found any more is an error: whoever changed the
// code moves the bug along.
package mutants
