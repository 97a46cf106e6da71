package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// timeArg is a time on the command line: absolute, of today, or a span ago.
type timeArg struct {
	text string
	abs  time.Time     // absolute
	ago  time.Duration // before now
	day  bool          // abs holds a time of day only
}

var timeLayouts = []struct {
	layout string
	day    bool
}{
	{time.RFC3339Nano, false},
	{"2006-01-02T15:04:05.999999999", false},
	{"2006-01-02 15:04:05.999999999", false},
	{"2006-01-02T15:04", false},
	{"2006-01-02 15:04", false},
	{"2006-01-02", false},
	{"15:04:05.999999999", true},
	{"15:04", true},
}

// UnmarshalText reads a time; one without a zone is local.
func (t *timeArg) UnmarshalText(text []byte) error {
	t.text = string(text)
	if t.text == "" {
		return errors.New("an empty text is no time")
	}
	for _, l := range timeLayouts {
		if at, err := time.ParseInLocation(l.layout, t.text, time.Local); err == nil {
			t.abs, t.day = at, l.day
			return nil
		}
	}
	if ago, err := parseSpan(t.text); err == nil && ago >= 0 {
		t.ago = ago
		return nil
	}
	return fmt.Errorf("%q is not a time; write 15:04, 2006-01-02T15:04:05Z, or 10m for ten minutes ago", t.text)
}

// parseSpan reads a duration, days (d) included.
func parseSpan(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseFloat(days, 64)
		if err != nil || !(n >= 0 && n <= 36500) {
			return 0, fmt.Errorf("%q is not a number of days", days)
		}
		return time.Duration(n * 24 * float64(time.Hour)), nil
	}
	return time.ParseDuration(s)
}

// span is a span of time on the command line: 500ms, 10s, 2h, 1d.
type span time.Duration

// UnmarshalText reads a span.
func (s *span) UnmarshalText(text []byte) error {
	d, err := parseSpan(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a span of time; write 500ms, 10s, 5m, 2h or 1d", text)
	}
	if d < 0 {
		return fmt.Errorf("%s: a span of time cannot be negative", text)
	}
	*s = span(d)
	return nil
}

// at returns the time meant at a given now; the zero time when none was given.
func (t timeArg) at(now time.Time) time.Time {
	switch {
	case t.text == "":
		return time.Time{}
	case t.abs.IsZero() && !t.day:
		return now.Add(-t.ago)
	case t.day:
		y, m, d := now.Date()
		at := time.Date(y, m, d, t.abs.Hour(), t.abs.Minute(), t.abs.Second(), t.abs.Nanosecond(), time.Local)
		if at.After(now) { // 23:50 asked for at 00:10 is yesterday's
			at = at.AddDate(0, 0, -1)
		}
		return at
	}
	return t.abs
}
