// Package wire is what the two sides of a module process agree on, apart from the protocol itself: the handshake of
// go-plugin, the sizes of messages, and how a failure is written.
package wire

import (
	"strings"

	goplugin "github.com/hashicorp/go-plugin"

	pluginv1 "github.com/revsync/revsync/plugins/proto/v1"
	"github.com/revsync/revsync/sdk"
)

// Version is the protocol version that the handshake settles on; it is the major of the contract.
const Version = 1

// PluginName is the name of the one plugin in the set.
const PluginName = "module"

// Handshake is the cookie by which a program sees that it was started as a module. It keeps a user from starting one
// by hand and protects nothing.
var Handshake = goplugin.HandshakeConfig{
	MagicCookieKey:   "REVSYNC_PLUGIN",
	MagicCookieValue: "revsync.plugin/v1",
}

// overhead is the room for the envelope around a document.
const overhead = 64 << 10

// The largest messages, by who takes them in.
const (
	MaxToModule    = sdk.MaxRequestBytes + overhead  // an evaluation's request
	MaxFromModule  = sdk.MaxResponseBytes + overhead // its response, and descriptions
	MaxHostRequest = sdk.MaxRequestBytes + overhead  // a call to the host
	MaxHostResult  = 64 << 20                        // what it gives back; the host has its own, lower limit
)

// ToStatus writes an error for the other side; nil stays nil.
func ToStatus(err error) *pluginv1.Status {
	status := sdk.StatusOf(err)
	if status == nil {
		return nil
	}
	return &pluginv1.Status{Code: int32(status.Code), Message: Clip(status.Message)}
}

// maxText bounds what one side says about an error.
const maxText = 16 << 10

// Clip makes a text fit for an error message: bounded, and without broken characters.
func Clip(text string) string {
	if len(text) > maxText {
		text = text[:maxText] + "…"
	}
	return strings.ToValidUTF8(text, "?")
}

// FromStatus reads an error of the other side; nil stays nil. A code outside the contract is Internal.
func FromStatus(s *pluginv1.Status) error {
	if s == nil {
		return nil
	}
	code := sdk.CodeInternal
	for _, known := range sdk.Codes {
		if sdk.Code(s.GetCode()) == known {
			code = known
		}
	}
	return &sdk.StatusError{Code: code, Message: Clip(s.GetMessage())}
}
