package tui

import (
	"fmt"
	"time"
)

// clock says how times are written.
type clock struct {
	utc      bool
	relative bool
	zone     *time.Location // what local means
	anchor   int64          // ns since 1970; what relative times count from
	alert    bool           // that is an alert: T−12.345 s
	above    int64          // time of the row above where that is of another day; 0: it is not
}

func (c clock) at(ns int64) time.Time {
	if c.utc || c.zone == nil {
		return time.Unix(0, ns).UTC()
	}
	return time.Unix(0, ns).In(c.zone)
}

// zoneName is the name of the zone in which times are written at ns.
func (c clock) zoneName(ns int64) string {
	name, _ := c.at(ns).Zone()
	return name
}

// stampWidth is how many columns [clock.stamp] takes.
const stampWidth = 12

// stamp writes an event's time for a table: 15:04:05.123, or the distance from
// the anchor.
func (c clock) stamp(ns int64) string {
	switch {
	case c.relative && c.alert:
		return fromAlert(ns - c.anchor)
	case c.relative:
		return offset(ns - c.anchor)
	}
	return c.at(ns).Format("15:04:05.000")
}

// dated writes the time of an event whose day is another than that of the row
// above: 02 Jan 15:04, or of another year 02 Jan 2006.
func (c clock) dated(ns, above int64) string {
	t := c.at(ns)
	if t.Year() != c.at(above).Year() {
		return t.Format("02 Jan 2006")
	}
	return t.Format("02 Jan 15:04")
}

// sameDay reports whether two times are of one day.
func (c clock) sameDay(a, b int64) bool {
	return c.at(a).Format(time.DateOnly) == c.at(b).Format(time.DateOnly)
}

// full writes a time with its date and every digit.
func (c clock) full(ns int64) string {
	return c.at(ns).Format("2006-01-02 15:04:05.000000000 ") + c.zoneName(ns)
}

// day writes the date.
func (c clock) day(ns int64) string { return c.at(ns).Format("2 Jan") }

// mark writes a time under an axis on which steps are this long.
func (c clock) mark(ns int64, step time.Duration) string {
	t := c.at(ns)
	switch {
	case step < time.Second:
		return t.Format("15:04:05.000")
	case step < time.Minute:
		return t.Format("15:04:05")
	case step < 24*time.Hour:
		return t.Format("15:04")
	}
	return t.Format("2 Jan")
}

// offset writes a signed distance in at most 11 columns: +12.345 ms, −1m05s.
func offset(ns int64) string {
	sign, d := "+", time.Duration(ns)
	if ns < 0 {
		sign, d = "−", -d
	}
	switch {
	case d == 0:
		return "0"
	case d < time.Millisecond:
		return fmt.Sprintf("%s%.1f µs", sign, float64(d)/1e3)
	case d < time.Second:
		return fmt.Sprintf("%s%.2f ms", sign, float64(d)/1e6)
	case d < time.Minute:
		return fmt.Sprintf("%s%.3f s", sign, d.Seconds())
	}
	return sign + span(d)
}

// fromAlert writes a signed distance from an alert in at most 12 columns:
// T−12.345 s, T+0.41 ms.
func fromAlert(ns int64) string { return "T" + offset(ns) }

// span writes a length of time in at most 6 columns: 250ms, 12s, 9m50s, 3h04m.
func span(d time.Duration) string {
	switch {
	case d < 0:
		return "0s"
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	case d >= 1000*24*time.Hour:
		return fmt.Sprintf("%.1fy", d.Hours()/24/365.25)
	}
	return fmt.Sprintf("%dd%02dh", int(d.Hours())/24, int(d.Hours())%24)
}
