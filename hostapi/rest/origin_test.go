package rest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/lifecycle"
)

func headers(pairs ...string) func(*http.Request) {
	return func(r *http.Request) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == "Host" {
				r.Host = pairs[i+1]
			} else {
				r.Header.Set(pairs[i], pairs[i+1])
			}
		}
	}
}

// TestWebPagesOfOthersAreRefused plays a browser that a page of another site
// has made to send a request, and expects that it reaches nothing.
func TestWebPagesOfOthersAreRefused(t *testing.T) {
	for name, h := range map[string]func(*http.Request){
		"fetch metadata, cross-site":       headers("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"),
		"fetch metadata, same-site":        headers("Sec-Fetch-Site", "same-site"),
		"origin of another site":           headers("Origin", "https://evil.example"),
		"origin of another local port":     headers("Origin", "http://localhost:3000"),
		"opaque origin":                    headers("Origin", "null"),
		"rebound name":                     headers("Host", "evil.example"),
		"rebound name with its own origin": headers("Host", "evil.example:27182", "Origin", "http://evil.example:27182"),
		"name that only looks local":       headers("Host", "localhost.evil.example:27182"),
		"another machine's address":        headers("Host", "192.0.2.7:27182"),
	} {
		for _, req := range requests {
			t.Run(name+"/"+req.path, func(t *testing.T) {
				e := &scripted{state: lifecycle.Running}
				got := call(t, serve(t, e), req.method, apiPath+req.path, req.body, h)
				requireFailure(t, got, http.StatusForbidden, "Forbidden")
				require.Empty(t, e.calls)
				require.Equal(t, lifecycle.Running, e.state)
			})
		}
	}
}

func TestOtherClientsPass(t *testing.T) {
	for name, h := range map[string]func(*http.Request){
		"curl":                       headers("User-Agent", "curl/8.5.0"),
		"by name":                    headers("Host", "localhost:27182"),
		"by IPv6 address":            headers("Host", "[::1]:27182"),
		"without a port":             headers("Host", "localhost"),
		"IPv6 without a port":        headers("Host", "[::1]"),
		"other loopback address":     headers("Host", "127.0.0.2:27182"),
		"address bar of a browser":   headers("Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate"),
		"same origin in the browser": headers("Host", "127.0.0.1:27182", "Origin", "http://127.0.0.1:27182"),
	} {
		t.Run(name, func(t *testing.T) {
			requireSuccess(t, call(t, serve(t, &scripted{state: lifecycle.Running}), http.MethodGet, apiPath+"progress", "", h))
			requireSuccess(t, call(t, serve(t, &scripted{state: lifecycle.Running}), http.MethodPost, apiPath+"pause", "{}", h))
		})
	}
}

// TestBeyondLoopback has a server on all addresses: other machines name it as
// they like, but a browser cannot come by a name.
func TestBeyondLoopback(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:27182", ":27182", "192.0.2.7:27182", "[::]:27182"} {
		for name, c := range map[string]struct {
			edit func(*http.Request)
			want int
		}{
			"program by name":               {headers("Host", "sync.example:27182"), 200},
			"program by address":            {headers("Host", "192.0.2.7:27182"), 200},
			"browser by address":            {headers("Host", "192.0.2.7:27182", "Origin", "http://192.0.2.7:27182"), 200},
			"browser by name, same origin":  {headers("Host", "evil.example:27182", "Origin", "http://evil.example:27182"), 403},
			"browser by address, cross":     {headers("Host", "192.0.2.7:27182", "Origin", "http://evil.example"), 403},
			"browser by name, same-origin2": {headers("Host", "evil.example:27182", "Sec-Fetch-Site", "same-origin"), 403},
		} {
			t.Run(addr+" "+name, func(t *testing.T) {
				e := &scripted{state: lifecycle.Running}
				req := httptest.NewRequest(http.MethodPost, apiPath+"pause", strings.NewReader("{}"))
				c.edit(req)
				rec := httptest.NewRecorder()
				New(e, nil, addr).Handler().ServeHTTP(rec, req)
				require.Equal(t, c.want, rec.Code, rec.Body.String())
				require.Equal(t, c.want == 200, e.state == lifecycle.Paused)
			})
		}
	}
}

func TestRepliesCannotBeReadOrSniffedByPages(t *testing.T) {
	server := serve(t, &scripted{state: lifecycle.Running})
	for _, r := range []reply{
		call(t, server, http.MethodGet, apiPath+"progress", ""),
		call(t, server, http.MethodGet, "/nothing", ""),
		call(t, server, http.MethodOptions, apiPath+"commit", "", headers("Origin", "https://evil.example", "Access-Control-Request-Method", "POST")),
	} {
		require.Equal(t, "nosniff", r.header.Get("X-Content-Type-Options"))
		require.Equal(t, "same-origin", r.header.Get("Cross-Origin-Resource-Policy"))
		require.Equal(t, "application/json; charset=utf-8", r.header.Get("Content-Type"))
		require.Empty(t, r.header.Values("Access-Control-Allow-Origin"))
	}
}
