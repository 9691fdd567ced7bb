// Command rebuild makes builtin.wasm and its stamp from the sources; go generate runs it in the folder of package
// checks.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/revsync/revsync/checks/internal/build"
)

func main() {
	stamp, err := build.Compile(context.Background(), ".", build.ModuleFile)
	if err == nil {
		err = stamp.Write(".")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "rebuild the built-in checks:", err)
		os.Exit(1)
	}
	fmt.Println(build.ModuleFile, stamp.Go, stamp.SHA256)
}
