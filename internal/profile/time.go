package profile

import (
	"bytes"
	"math"
	"time"
)

// The years whose every ns can be counted in 63 bits from 1970.
const (
	minYear = 1970
	maxYear = 2261
)

// time reads a point in time as ns since 1970: RFC 3339, with a blank for the T
// or with no zone, which is UTC then; or a number since 1970, which is of s, ms,
// µs or ns by how large it is.
func (v value) time() (ns int64, ok bool) {
	if v, ok = v.only(); !ok || v.kind == boolean || v.escaped {
		return 0, false
	}
	if ns, ok = decimalNS(v.raw, 0); ok {
		return ns, true
	}
	if v.kind != text {
		return 0, false
	}
	return parseTime(v.raw)
}

// decimalNS reads a number of a unit (in ns) as ns: 1547188417.857497. With
// unit 0 its size says which: what is below 1e11 is seconds, up to the year
// 5138, and so on. Digits below one ns are dropped.
func decimalNS(b []byte, unit int64) (ns int64, ok bool) {
	whole, frac, point := bytes.Cut(b, []byte{'.'})
	n, ok := parseInt(whole)
	if !ok || n < 0 || whole[0] == '-' || point && len(frac) == 0 {
		return 0, false
	}
	if unit == 0 {
		unit = 1
		for _, u := range [...]struct{ below, ns int64 }{{1e11, 1e9}, {1e14, 1e6}, {1e17, 1e3}} {
			if n < u.below {
				unit = u.ns
				break
			}
		}
	}
	if n > math.MaxInt64/unit-1 {
		return 0, false
	}
	ns = n * unit
	for i, c := range frac {
		if c-'0' > 9 {
			return 0, false
		}
		if unit /= 10; i < 9 {
			ns += int64(c-'0') * unit
		}
	}
	return ns, true
}

// parseTime reads a time as RFC 3339 writes it, with up to nine digits behind
// the point, in the years 1970 to 2261; the zone may also be +0000, or missing,
// which is UTC. It exists because
// time.Parse takes 100 ns and a batch has 65536 of them.
func parseTime(b []byte) (ns int64, ok bool) {
	const layout = "0000-00-00T00:00:00"
	if len(b) < len(layout) {
		return 0, false
	}
	for i := range len(layout) {
		c := b[i]
		switch layout[i] {
		case '0':
			ok = c-'0' <= 9
		case 'T':
			ok = c == 'T' || c == 't' || c == ' '
		default:
			ok = c == layout[i]
		}
		if !ok {
			return 0, false
		}
	}
	two := func(i int) int { return int(b[i]-'0')*10 + int(b[i+1]-'0') }
	year, month, day := two(0)*100+two(2), two(5), two(8)
	hour, minute, sec := two(11), two(14), two(17)
	if year < minYear || year > maxYear || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) ||
		hour > 23 || minute > 59 || sec > 60 {
		return 0, false
	}
	frac, zone := fraction(b[len(layout):])
	offset, ok := zoneOffset(zone)
	if !ok {
		return 0, false
	}
	secs := int64(daysSince1970(year, month, day))*86400 + int64(hour*3600+minute*60+sec) - offset
	ns = secs*int64(time.Second) + frac
	return ns, ns >= 0
}

// fraction reads what follows the seconds up to the zone, in ns; digits behind
// the ninth are dropped.
func fraction(b []byte) (ns int64, rest []byte) {
	if len(b) == 0 || b[0] != '.' && b[0] != ',' {
		return 0, b
	}
	unit, i := int64(1e8), 1
	for ; i < len(b) && b[i]-'0' <= 9; i++ {
		ns += int64(b[i]-'0') * unit
		unit /= 10
	}
	return ns, b[i:]
}

// zoneOffset reads Z, +hh:mm or +hhmm as seconds east of Greenwich; nothing is
// Z.
func zoneOffset(b []byte) (secs int64, ok bool) {
	if len(b) == 0 || len(b) == 1 && (b[0] == 'Z' || b[0] == 'z') {
		return 0, true
	}
	if len(b) == 6 && b[3] == ':' {
		b = []byte{b[0], b[1], b[2], b[4], b[5]}
	}
	if len(b) != 5 || b[0] != '+' && b[0] != '-' {
		return 0, false
	}
	n, ok := parseInt(b[1:])
	secs = n/100*3600 + n%100*60
	if b[0] == '-' {
		secs = -secs
	}
	return secs, ok
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// daysSince1970 counts days in the Gregorian calendar. Years are taken to
// begin in March, so that the leap day is a year's last.
func daysSince1970(year, month, day int) int {
	if month <= 2 {
		year--
		month += 12
	}
	return 365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 719469
}
