package main

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// shop takes orders while it is not frozen.
type shop struct {
	mu     sync.Mutex // held during a write, so that nothing is being written once freeze has returned
	orders int
	until  time.Time // frozen until then
}

func newShop() *shop { return &shop{} }

func (s *shop) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders", s.order)
	mux.HandleFunc("GET /orders", s.count)
	mux.HandleFunc("POST /freeze", s.freeze)
	mux.HandleFunc("POST /thaw", s.thaw)
	return mux
}

// order writes, or says that it cannot now.
func (s *shop) order(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if left := time.Until(s.until); left > 0 {
		w.Header().Set("Retry-After", fmt.Sprintf("%.0f", left.Seconds()+1))
		http.Error(w, "frozen, try again later", http.StatusServiceUnavailable)
		return
	}
	s.orders++
	w.WriteHeader(http.StatusCreated)
}

// count reads, which goes on while the shop is frozen.
func (s *shop) count(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = fmt.Fprintln(w, s.orders) // a reader that has gone away misses nothing
}

// freeze stops writes for a time, at the end of which they go on by themselves. Doing it twice is doing it once, with
// the time counted anew.
func (s *shop) freeze(w http.ResponseWriter, r *http.Request) {
	limit, err := time.ParseDuration(r.URL.Query().Get("for"))
	if err != nil || limit <= 0 {
		http.Error(w, "for must be a time such as 2m", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.until = time.Now().Add(limit)
	w.WriteHeader(http.StatusNoContent)
}

// thaw lets writes go on. It does so whoever asks: a shop that stays shut by mistake is worse.
func (s *shop) thaw(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.until = time.Time{}
	w.WriteHeader(http.StatusNoContent)
}
