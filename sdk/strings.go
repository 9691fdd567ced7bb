package sdk

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// str writes a string; like encoding/json it also escapes what would mean something inside HTML.
func (w *writer) str(s string) {
	w.item()
	w.doc = append(w.doc, '"')
	from := 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if e := escape(r, size); e != "" {
			w.doc = append(append(w.doc, s[from:i]...), e...)
			from = i + size
		}
		i += size
	}
	w.doc = append(append(w.doc, s[from:]...), '"')
}

// escape is how a character of the given size in bytes is written, "" when as it is.
func escape(r rune, size int) string {
	const hex = "0123456789abcdef"
	switch {
	case r == '"' || r == '\\':
		return `\` + string(r)
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r == '\b':
		return `\b`
	case r == '\f':
		return `\f`
	case r < ' ' || r == '<' || r == '>' || r == '&':
		return `\u00` + hex[r>>4:r>>4+1] + hex[r&15:r&15+1]
	case r == '\u2028' || r == '\u2029':
		return `\u202` + hex[r&15:r&15+1]
	case r == utf8.RuneError && size == 1:
		return `\ufffd`
	}
	return ""
}

// unquote resolves the escapes between the quotes of a string; what is not UTF-8 becomes U+FFFD, as in encoding/json.
func (r *reader) unquote(inner string) string {
	var out []byte
	for i := 0; i < len(inner); {
		if inner[i] != '\\' {
			c, size := utf8.DecodeRuneInString(inner[i:])
			out = utf8.AppendRune(out, c)
			i += size
			continue
		}
		c, size := unescape(inner[i:])
		if size == 0 {
			r.fail("an escape is not valid")
			return ""
		}
		out = utf8.AppendRune(out, c)
		i += size
	}
	return string(out)
}

// unescape reads the escape at the beginning of text and says how long it is, 0 when it is none.
func unescape(text string) (c rune, size int) {
	if len(text) < 2 {
		return 0, 0
	}
	switch text[1] {
	case '"', '\\', '/':
		return rune(text[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	}
	first, ok := unit(text)
	if !ok {
		return 0, 0
	}
	if second, ok := unit(text[6:]); ok {
		if c := utf16.DecodeRune(first, second); c != utf8.RuneError {
			return c, 12
		}
	}
	return first, 6 // half a pair is appended as U+FFFD
}

// unit reads one \uXXXX.
func unit(text string) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(text[2:6], 16, 16)
	return rune(n), err == nil
}
