package rest

import (
	"net"
	"net/http"
	"strings"
)

// originGuard refuses requests that a web page of somebody else has made the
// operator's browser send. curl and other programs send neither Origin nor
// Sec-Fetch-Site and pass.
//
// A page can also point a name of its own at a loopback address (DNS
// rebinding); its requests are then of the same origin, and only the Host
// header gives them away. On a loopback address the Host must therefore be a
// loopback one. On another address the names in use are not known, so a
// browser must use the numeric address; other clients may use any name.
type originGuard struct {
	loopback bool
	cross    *http.CrossOriginProtection
}

func newOriginGuard(addr string) originGuard {
	host, _, err := net.SplitHostPort(addr)
	return originGuard{loopback: err == nil && isLoopback(host), cross: http.NewCrossOriginProtection()}
}

func (g originGuard) check(r *http.Request) error {
	host := hostname(r.Host)
	if g.loopback && !isLoopback(host) {
		return refuse(forbidden, "the Host header names %q, but this server listens on a loopback address only: use localhost or 127.0.0.1", host)
	}
	if fromBrowser(r) && !isLoopback(host) && net.ParseIP(host) == nil {
		return refuse(forbidden, "a browser reached this server by the name %q: use its numeric address", host)
	}
	// The standard check lets GET pass; here no page of another origin may read either.
	probe := r.Clone(r.Context())
	probe.Method = http.MethodPost
	if g.cross.Check(probe) != nil {
		return refuse(forbidden, "the request comes from a web page of another origin")
	}
	return nil
}

func fromBrowser(r *http.Request) bool {
	return r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != ""
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// hostname is the Host header without its port and without IPv6 brackets.
func hostname(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
}
