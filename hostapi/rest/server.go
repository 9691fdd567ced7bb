package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

// Time-outs of the HTTP server. A reply may take as long as a command may, plus
// the time to write it.
const (
	headerTimeout   = 5 * time.Second
	readTimeout     = 30 * time.Second
	writeTimeout    = commandTimeout + 30*time.Second
	idleTimeout     = 2 * time.Minute
	shutdownTimeout = 5 * time.Second
	maxHeaderBytes  = 16 << 10
)

// Server serves one Engine. Make it with New, then either call Run or mount
// Handler in a server of your own.
type Server struct {
	engine Engine
	logger *slog.Logger
	addr   string
	origin originGuard

	plugins Plugins // nil: no endpoints about them

	command   sync.Mutex // held by the one command in progress
	review    sync.Mutex // held by the one dry run in progress
	reloading sync.Mutex // held by the one reload in progress

	listening chan struct{} // closed when bound is set
	bound     string
}

// New makes a server for addr, a host:port; the port may be 0 (see Addr). A nil
// logger is silent.
func New(engine Engine, logger *slog.Logger, addr string) *Server {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &Server{
		engine: engine, logger: logger, addr: addr,
		origin: newOriginGuard(addr), listening: make(chan struct{}),
	}
}

// Addr is the host:port that Run listens on. It blocks until Run does, or ctx
// ends; Run reports the error when it cannot listen.
func (s *Server) Addr(ctx context.Context) (string, error) {
	select {
	case <-s.listening:
		return s.bound, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// Run listens and serves until ctx ends; it then lets replies in progress
// finish for some seconds and returns nil. Call it once.
func (s *Server) Run(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("listen on %s: the port is taken, perhaps by another revsync or mongosync; choose another --port: %w", s.addr, err)
	} else if err != nil {
		return fmt.Errorf("listen on %s: %w", s.addr, err)
	}
	s.bound = listener.Addr().String()
	close(s.listening)
	s.logger.Info("REST API is listening", "address", s.bound)
	return s.serve(ctx, listener)
}

func (s *Server) serve(ctx context.Context, listener net.Listener) error {
	server := s.httpServer(ctx)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve %s: %w", s.bound, err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		if server.Shutdown(last) != nil {
			return server.Close() // somebody is still reading; the answer was given long ago
		}
		return nil
	})
	return group.Wait()
}

func (s *Server) httpServer(life context.Context) *http.Server {
	return &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.logger.Handler(), slog.LevelWarn),
		BaseContext:       func(net.Listener) context.Context { return context.WithValue(life, lifeKey{}, life) },
	}
}

// levelPoll is below debug: a monitor asks for progress all day long.
const levelPoll = slog.LevelDebug - 4

// logAnswer writes one line for each request.
func (s *Server) logAnswer(r *http.Request, took time.Duration) {
	level := slog.LevelInfo
	if r.Method == http.MethodGet {
		level = levelPoll
	}
	s.logger.Log(r.Context(), level, "request answered",
		"method", r.Method, "uri", r.URL.Path, "status", http.StatusOK, "durationMillis", took.Milliseconds())
}

func (s *Server) logRefusal(r *http.Request, status int, f failure, took time.Duration) {
	level := slog.LevelWarn
	if status == http.StatusInternalServerError {
		level = slog.LevelError
	}
	s.logger.Log(r.Context(), level, "request refused", "method", r.Method, "uri", r.URL.Path, "status", status,
		"durationMillis", took.Milliseconds(), "error", f.Error, "errorDescription", f.ErrorDescription)
}
