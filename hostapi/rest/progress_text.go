package rest

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/revsync/revsync/core/lifecycle"
)

// optional is a field that can be left out, be null, or have a value.
type optional[T any] struct {
	present bool
	value   *T
}

func value[T any](v T) optional[T] { return optional[T]{true, &v} }
func null[T any]() optional[T]     { return optional[T]{present: true} }

// IsZero makes omitzero leave the field out.
func (o optional[T]) IsZero() bool { return !o.present }

// MarshalJSON writes the value, or null.
func (o optional[T]) MarshalJSON() ([]byte, error) { return json.Marshal(o.value) }

func textOrNull[T ~string](s T) *string {
	if s == "" {
		return nil
	}
	text := string(s)
	return &text
}

func seconds(millis *int64) *int64 {
	if millis == nil {
		return nil
	}
	s := *millis / 1000
	return &s
}

// clusterText reads "cluster0: host:port".
func clusterText(id lifecycle.ClusterID, host string) string {
	if host == "" {
		return string(id)
	}
	return fmt.Sprintf("%s: %s", id, host)
}

// pingMs is -1 for a failed ping and nil for less than a millisecond.
func pingMs(ping *time.Duration) *int64 {
	if ping == nil || *ping >= 0 && *ping < time.Millisecond {
		return nil
	}
	ms := int64(-1)
	if *ping > 0 {
		ms = ping.Milliseconds()
	}
	return &ms
}

// oplogText words how long the source's oplog still holds what is needed, as
// mongosync does; it rounds down.
func oplogText(left *time.Duration) string {
	switch {
	case left == nil:
		return "not checked yet"
	case *left < 15*time.Minute:
		return "less than 15 minutes"
	case *left > 72*time.Hour:
		return "more than 72 hours"
	case *left < time.Hour:
		return fmt.Sprintf("%d minutes", int(left.Minutes()))
	case *left < 2*time.Hour:
		return "1 hour"
	}
	return fmt.Sprintf("%d hours", int(left.Hours()))
}
