package sdk

import (
	"strconv"
	"time"
)

// parseTime reads a time as encoding/json writes it: RFC 3339, with any fraction of a second. time.Parse knows every other
// layout too, which is much code for a module to carry.
func parseTime(s string) (time.Time, bool) {
	const layout = "0000-00-00T00:00:00"
	if len(s) <= len(layout) {
		return time.Time{}, false
	}
	var n [6]int // year, month, day, hour, minute, second
	field := 0
	for i := range len(layout) {
		if layout[i] != '0' {
			if s[i] != layout[i] {
				return time.Time{}, false
			}
			field++
			continue
		}
		if !digit(s[i]) {
			return time.Time{}, false
		}
		n[field] = n[field]*10 + int(s[i]-'0')
	}
	nanos, rest, okFraction := fraction(s[len(layout):])
	location, okZone := zone(rest)
	t := time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], nanos, location)
	valid := t.Year() == n[0] && t.Month() == time.Month(n[1]) && t.Day() == n[2] && n[3] < 24 && n[4] < 60 && n[5] < 60
	return t, okFraction && okZone && valid
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// fraction reads the fraction of a second at the beginning of s, if there is one, in nanoseconds.
func fraction(s string) (nanos int, rest string, ok bool) {
	if s == "" || s[0] != '.' {
		return 0, s, true
	}
	i, unit := 1, 100_000_000
	for ; i < len(s) && digit(s[i]); i++ {
		nanos += unit * int(s[i]-'0')
		unit /= 10
	}
	return nanos, s[i:], i > 1
}

// zone reads Z or a distance from it, as in +01:00.
func zone(s string) (*time.Location, bool) {
	if s == "Z" {
		return time.UTC, true
	}
	if len(s) != len("+00:00") || s[3] != ':' || (s[0] != '+' && s[0] != '-') {
		return time.UTC, false
	}
	hours, errHours := strconv.ParseUint(s[1:3], 10, 8)
	minutes, errMinutes := strconv.ParseUint(s[4:], 10, 8)
	seconds := int(hours*60+minutes) * 60
	if s[0] == '-' {
		seconds = -seconds
	}
	return time.FixedZone("", seconds), errHours == nil && errMinutes == nil && hours < 24 && minutes < 60
}
