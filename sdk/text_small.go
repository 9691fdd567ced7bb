//go:build revsync_small

package sdk

import (
	"errors"

	"github.com/revsync/revsync/sdk/internal/text"
)

func sprintf(format string, args ...any) string { return text.Sprintf(format, args...) }

func encodeOther(any) ([]byte, error) {
	return nil, errors.New("a value is of a type that needs a build without the tag revsync_small")
}
