// Package rest is the HTTP interface of a sync: the six endpoints of mongosync
// under /api/v1 with mongosync's shapes, and POST /api/v1/preflight, a dry run.
//
// The package holds no logic of a sync. It decodes strictly, lets one command
// through at a time, calls an Engine, and turns what comes back into JSON.
//
// There is no authentication. The interface is meant for a loopback address or
// for a proxy that authenticates; web pages of other origins are refused
// whatever the address (see originGuard).
package rest
