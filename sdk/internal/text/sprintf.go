// Package text is what package sdk needs of fmt, without reflection. It serves modules that are built with the tag
// revsync_small, half of whose code would otherwise be fmt and encoding/json.
package text

import "strconv"

// Sprintf does what fmt.Sprintf does for %s, %v, %q, %d and %t without flags, and for arguments of these types: string,
// bool, int, int32, int64, uint32, error, and
// whatever has a String method.
// Anything else shows as fmt shows a mistake, with "%!" in the text.
func Sprintf(format string, args ...any) string {
	var out []byte
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			out = append(out, format[i])
			continue
		}
		i++
		if format[i] == '%' {
			out = append(out, '%')
			continue
		}
		if len(args) == 0 {
			out = append(out, "%!"+format[i:i+1]+"(MISSING)"...)
			continue
		}
		out = appendArg(out, format[i], args[0])
		args = args[1:]
	}
	if len(args) > 0 {
		out = append(out, "%!(EXTRA)"...)
	}
	return string(out)
}

func appendArg(out []byte, verb byte, arg any) []byte {
	if n, ok := integer(arg); ok && (verb == 'd' || verb == 'v') {
		return strconv.AppendInt(out, n, 10)
	}
	if b, ok := arg.(bool); ok && (verb == 't' || verb == 'v') {
		return strconv.AppendBool(out, b)
	}
	if s, ok := words(arg); ok && (verb == 's' || verb == 'v') {
		return append(out, s...)
	} else if ok && verb == 'q' {
		return strconv.AppendQuote(out, s)
	}
	return append(out, "%!"+string(verb)+"(?)"...)
}

func integer(arg any) (int64, bool) {
	switch n := arg.(type) {
	case int:
		return int64(n), true
	case int32:
		return int64(n), true
	case int64:
		return n, true
	case uint32:
		return int64(n), true
	}
	return 0, false
}

func words(arg any) (string, bool) {
	switch s := arg.(type) {
	case string:
		return s, true
	case error:
		return s.Error(), true
	case interface{ String() string }:
		return s.String(), true
	}
	return "", false
}
