// Package pluginv1 is the protocol between the engine and modules that are processes, generated from the .proto files
// beside it. Authors of modules in Go use plugins/process/serve instead.
package pluginv1

//go:generate ./generate.sh
