// Package sdk is what the author of a check or a hook sees: the documents that travel between the engine and a
// module, the calls a module may make, and the few types that tie both to code. It uses the standard library
// only and compiles for every platform, wasip1 included.
//
// # The contract
//
// A module is one loaded artefact (a WASM file, or a Go value inside the engine's process). It holds components;
// a component is a check (it judges and has no effect) or a hook (it may act). The engine asks a module two
// things: to describe itself (Descriptor), once, and to evaluate one component (Request in, Response out), as
// often as it likes, also in parallel. A component answers with findings; it never says "eligible". The engine
// computes the verdict: a trigger is eligible when every required component answered and no finding is an error.
// A component that fails to answer (deadline, trap, nonsense) counts as an error, so a check that cannot know
// must return an error finding or a Go error, never an empty list.
//
// # Words
//
// Source and destination are always the roles of the running direction, as they are before the trigger is carried
// out. For a reverse the source is therefore the cluster that will be written to afterwards; ask
// Request.FutureDestination instead of working it out.
//
// # Versions
//
// APIVersion names the major. Within v1 new request fields, facts, phases and host operations may appear; a module
// ignores what it does not know, and finds out about an operation by calling it and taking Unimplemented. The
// meaning of a field never changes and a list of allowed values never gets shorter.
//
// # A module in full
//
//	func init() {
//		guest.Serve("acme.freeze", "1.0.0", sdk.Check("no-friday", noFriday))
//	}
//
//	func noFriday(_ context.Context, _ sdk.Host, r *sdk.Request) ([]sdk.Finding, error) {
//		if r.Now.Weekday() == time.Friday {
//			return []sdk.Finding{sdk.Errorf("FRIDAY", "no reversals on a Friday")}, nil
//		}
//		return nil, nil
//	}
//
//	func main() {}
package sdk

// APIVersion is the value of apiVersion in every document of this contract.
const APIVersion = "revsync.plugin/v1"
