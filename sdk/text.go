//go:build !revsync_small

package sdk

import (
	"encoding/json"
	"fmt"
)

func sprintf(format string, args ...any) string { return fmt.Sprintf(format, args...) }

// encodeOther writes a value of a type that the writer does not know.
func encodeOther(v any) ([]byte, error) { return json.Marshal(v) }
