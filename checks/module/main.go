// Command module is the built-in checks as one WASM module; checks/builtin.wasm is built from it.
package main

import (
	"github.com/revsync/revsync/checks/validators"
	"github.com/revsync/revsync/sdk/guest"
)

func init() { guest.Serve(validators.Name, validators.Version, validators.Parts()...) }

func main() {}
