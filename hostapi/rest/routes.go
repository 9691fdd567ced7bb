package rest

import (
	"context"
	"fmt"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/mux"

	"github.com/revsync/revsync/core"
)

// commandTimeout is how long one command may take to be accepted or refused.
// The longest parts are a pause that waits for writes in flight and checks that
// ask every member of a cluster.
const commandTimeout = 5 * time.Minute

// handler answers one request whose body is valid UTF-8 (empty for GET).
type handler func(ctx context.Context, body []byte) (any, error)

// route is one endpoint. Requests to routes with the same lock exclude each
// other: the second one is refused, it does not wait.
type route struct {
	method, path string
	handle       handler
	lock         *sync.Mutex
}

const apiPath = "/api/v1/"

// variable is a part of a path that stands for a name.
var variable = regexp.MustCompile(`\{\w+\}`)

// pattern is the path for path.Match.
func (rt route) pattern() string { return variable.ReplaceAllString(apiPath+rt.path, "*") }

// pathKey is the context key of the names in the path.
type pathKey struct{}

// inPath is what stands for a variable of the path.
func inPath(ctx context.Context, variable string) string {
	names, _ := ctx.Value(pathKey{}).(map[string]string)
	return names[variable]
}

func (s *Server) routes() []route {
	return append(append(s.repairRoutes(), s.pluginRoutes()...), []route{
		{http.MethodGet, "progress", s.progress, nil},
		{http.MethodPost, "start", s.start, &s.command},
		{http.MethodPost, "pause", plain(s.engine.Pause), &s.command},
		{http.MethodPost, "resume", plain(s.engine.Resume), &s.command},
		{http.MethodPost, "commit", judged(s.engine.Commit), &s.command},
		{http.MethodPost, "reverse", judged(s.engine.Reverse), &s.command},
		{http.MethodPost, "preflight", s.preflight, &s.review},
	}...)
}

// Handler is the whole interface as an http.Handler, for a host program that
// has a server of its own.
func (s *Server) Handler() http.Handler {
	router := mux.NewRouter().SkipClean(true) // a cleaned path would be a redirect, which turns POST into GET
	for _, rt := range s.routes() {
		router.Handle(apiPath+rt.path, s.wrap(rt)).Methods(rt.method)
	}
	router.NotFoundHandler = s.answer(func(http.ResponseWriter, *http.Request) (any, error) {
		return nil, refuse(notFound, "there is no such path: the endpoints are %s", s.endpoints())
	})
	router.MethodNotAllowedHandler = s.answer(s.wrongMethod)
	return router
}

func (s *Server) endpoints() string {
	var list []string
	for _, rt := range s.routes() {
		list = append(list, rt.method+" "+apiPath+rt.path)
	}
	return strings.Join(list, ", ")
}

func (s *Server) wrongMethod(w http.ResponseWriter, r *http.Request) (any, error) {
	var methods []string
	for _, rt := range s.routes() {
		if matched, _ := path.Match(rt.pattern(), r.URL.Path); matched {
			methods = append(methods, rt.method)
		}
	}
	if len(methods) == 0 {
		return nil, refuse(notFound, "there is no such path")
	}
	w.Header().Set("Allow", strings.Join(methods, ", "))
	return nil, refuse(methodNotAllowed, "%s takes %s, not %s", r.URL.Path, strings.Join(methods, " and "), r.Method)
}

// wrap is what every endpoint has in common: body, lock, deadline.
func (s *Server) wrap(rt route) http.Handler {
	return s.answer(func(w http.ResponseWriter, r *http.Request) (any, error) {
		var body []byte
		if rt.method == http.MethodPost {
			var err error
			if body, err = readBody(w, r); err != nil {
				return nil, err
			}
		}
		if rt.lock != nil {
			if !rt.lock.TryLock() {
				return nil, refuse(core.Busy, "another request is in progress; ask again when it has been answered")
			}
			defer rt.lock.Unlock()
		}
		ctx, cancel := commandContext(r)
		defer cancel()
		return rt.handle(context.WithValue(ctx, pathKey{}, mux.Vars(r)), body)
	})
}

// answer turns a result or an error into a reply, a panic into an InternalError,
// and logs the request once.
func (s *Server) answer(do func(http.ResponseWriter, *http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		value, err := s.guarded(do, w, r)
		if err == nil {
			writeJSON(w, http.StatusOK, value)
			s.logAnswer(r, time.Since(began))
			return
		}
		status, reply := failureOf(err)
		writeJSON(w, status, reply)
		s.logRefusal(r, status, reply, time.Since(began))
	})
}

func (s *Server) guarded(do func(http.ResponseWriter, *http.Request) (any, error), w http.ResponseWriter, r *http.Request) (value any, err error) {
	defer func() {
		if p := recover(); p != nil {
			value, err = nil, fmt.Errorf("the request ended in a panic, which is a bug: %v", p)
		}
	}()
	if err := s.origin.check(r); err != nil {
		return nil, err
	}
	return do(w, r)
}

// lifeKey is the context key under which a request finds the server's life.
type lifeKey struct{}

// commandContext ends with the server, not with the client's connection: a
// command that was received is carried to its answer, so that a dropped
// connection cannot stop it at a place that nobody chose.
func commandContext(r *http.Request) (context.Context, context.CancelFunc) {
	life, ok := r.Context().Value(lifeKey{}).(context.Context)
	if !ok {
		life = context.WithoutCancel(r.Context())
	}
	return context.WithTimeoutCause(life, commandTimeout, fmt.Errorf("the command was not answered within %v", commandTimeout))
}

func (s *Server) progress(context.Context, []byte) (any, error) {
	return progressReply{Progress: progressOf(s.engine.Progress()), Success: true}, nil
}

func (s *Server) start(ctx context.Context, body []byte) (any, error) {
	opts, err := decodeStart(body)
	if err != nil {
		return nil, invalid("%w", err)
	}
	return accepted{true}, s.engine.Start(ctx, opts)
}

// plain makes a handler of a command without parameters.
func plain(command func(context.Context) error) handler {
	return func(ctx context.Context, body []byte) (any, error) {
		if err := (object{}).decode(body); err != nil {
			return nil, invalid("%w", err)
		}
		return accepted{true}, command(ctx)
	}
}

func invalid(format string, args ...any) error { return refuse(core.InvalidRequest, format, args...) }
