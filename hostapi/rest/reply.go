package rest

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// accepted is the reply to a command that was accepted.
type accepted struct {
	Success bool `json:"success"`
}

// writeJSON encodes before it writes, so that a reply is whole or an error, and
// takes credentials out of whatever text the engine has put in.
func writeJSON(w http.ResponseWriter, status int, value any) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		status = http.StatusInternalServerError
		body.Reset()
		body.WriteString(`{"success":false,"error":"InternalError","errorDescription":"the reply cannot be written as JSON"}` + "\n")
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(Redact(body.Bytes())) // the client is gone when this fails; there is nobody to tell
}
