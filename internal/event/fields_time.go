package event

import (
	"time"
)

// The fields that every event has, whatever its source (Falco's class evt,
// libs sinsp_filtercheck_gen_event.cpp, and the time differences of
// sinsp_filtercheck_event.cpp). Times of day are in UTC.
var timeFields = group("evt", HomeEvent, FromLive|FromFalco|FromAudit, []Field{
	{
		Name: "evt.num", Kind: Uint, Doc: "Number of the event within its source; the first is 1.",
		Read: func(r Row, _ Arg) (Value, bool) { return UintValue(r.B.Seq + uint64(r.I)), true },
	},
	{Name: "evt.time", Kind: String, Doc: "Time of day of the event with nanoseconds, in UTC: 14:03:07.123456789.", Read: clock("15:04:05.000000000")},
	{Name: "evt.time.s", Kind: String, Doc: "Time of day of the event in whole seconds, in UTC.", Read: clock(time.TimeOnly)},
	{Name: "evt.time.iso8601", Kind: String, Doc: "Date and time of the event in ISO 8601, with nanoseconds and offset.", Read: readISO8601},
	{Name: "evt.datetime", Kind: String, Doc: "Date and time of the event with nanoseconds, in UTC.", Read: clock("2006-01-02 15:04:05.000000000")},
	{Name: "evt.datetime.s", Kind: String, Doc: "Date and time of the event in whole seconds, in UTC.", Read: clock(time.DateTime)},
	{
		Name: "evt.rawtime", Kind: Time, Unit: "ns", Col: ColTime, Doc: "When the event happened, in nanoseconds since 1970.",
		Read: func(r Row, _ Arg) (Value, bool) { return TimeValue(r.B.Time[r.I]), true },
	},
	{
		Name: "evt.rawtime.s", Kind: Time, Unit: "s", Doc: "Whole seconds of evt.rawtime.",
		Read: func(r Row, _ Arg) (Value, bool) { return TimeValue(r.B.Time[r.I] / 1e9), true },
	},
	{
		Name: "evt.rawtime.ns", Kind: Time, Unit: "ns", Doc: "What evt.rawtime.s leaves: nanoseconds within the second.",
		Read: func(r Row, _ Arg) (Value, bool) { return TimeValue(r.B.Time[r.I] % 1e9), true },
	},
	{Name: "evt.reltime", Kind: Duration, Unit: "ns", Doc: "Time since the source's first event.", Read: span(sinceFirst, whole)},
	{Name: "evt.reltime.s", Kind: Duration, Unit: "s", Doc: "Whole seconds of evt.reltime.", Read: span(sinceFirst, seconds)},
	{Name: "evt.reltime.ns", Kind: Duration, Unit: "ns", Doc: "What evt.reltime.s leaves: nanoseconds within the second.", Read: span(sinceFirst, nanos)},
	{Name: "evt.deltatime", Kind: Duration, Unit: "ns", Doc: "Time since the event before this one.", Read: span(sincePrevious, whole)},
	{Name: "evt.deltatime.s", Kind: Duration, Unit: "s", Doc: "Whole seconds of evt.deltatime.", Read: span(sincePrevious, seconds)},
	{Name: "evt.deltatime.ns", Kind: Duration, Unit: "ns", Doc: "What evt.deltatime.s leaves: nanoseconds within the second.", Read: span(sincePrevious, nanos)},
	{
		Name: "evt.outputtime", Kind: String, Flags: PrintOnly, Doc: "Time of the event as the output shows it: here always evt.time.",
		Read: clock("15:04:05.000000000"),
	},
	{
		Name: "evt.around", Kind: Uint, Unit: "ms", Arg: ArgIndex | ArgKey | ArgRequired, Flags: FilterOnly | NoRHS | NoTransformer,
		Doc:  "How far the event is from the time in brackets (nanoseconds since 1970), in milliseconds. evt.around[T]=D holds for events at most D from T.",
		Read: readAround,
	},
	{
		Name: "evt.source", Kind: String, Doc: "What kind of source the event is of: syscall, k8s_audit, or a Falco plugin's.", Values: []string{SourceSyscall, SourceK8sAudit},
		Read: func(r Row, _ Arg) (Value, bool) {
			if s := r.A().Source; s != NoStr {
				return r.Str(s)
			}
			return StringValue(SourceSyscall), r.Type != TypePlugin && r.Type != TypeUnknown && r.Type != TypeLog && r.Type != TypeConnection
		},
	},
	{
		Name: "evt.is_async", Kind: Bool, From: FromLive | FromFalco, Doc: "Whether the event was put into the stream from outside of it, as container events are.",
		Read: func(r Row, _ Arg) (Value, bool) { return BoolValue(r.Type == TypeContainer), !r.reported() },
	},
	{
		Name: "evt.asynctype", Kind: String, From: FromLive | FromFalco, Doc: "Name of an asynchronous event's type.",
		Read: func(r Row, _ Arg) (Value, bool) { return StringValue("container"), r.Type == TypeContainer },
	},
	{
		Name: "evt.hostname", Kind: String, Doc: "Name of the node that the event comes from.",
		Read: func(r Row, _ Arg) (Value, bool) { return r.Str(r.T.Host) },
	},
	{
		Name: "evt.pluginname", Kind: String, From: FromFalco | FromAudit, Doc: "Name of the Falco plugin that made the event.",
		Read: func(r Row, _ Arg) (Value, bool) {
			if r.Type != TypePlugin {
				return Value{}, false
			}
			name, ok := r.argStr("plugin")
			return StringValue(name), ok
		},
	},
	{Name: "evt.plugininfo", Kind: String, From: FromFalco | FromAudit, Doc: "The plugin's own summary of the event."},
})

func clock(layout string) reader {
	return func(r Row, _ Arg) (Value, bool) {
		return StringValue(time.Unix(0, r.B.Time[r.I]).UTC().Format(layout)), true
	}
}

// readISO8601 is clock with a layout of its own, which every event is written with.
func readISO8601(r Row, _ Arg) (Value, bool) {
	return StringValue(string(appendISO8601(make([]byte, 0, len(iso8601)), r.B.Time[r.I]))), true
}

const iso8601 = "2006-01-02T15:04:05.000000000-0700"

// appendISO8601 appends a time in ns since 1970.
func appendISO8601(dst []byte, ns int64) []byte {
	t := time.Unix(0, ns).UTC()
	year, month, day := t.Date() // of 64 bits of ns, from 1677 to 2262
	hour, minute, second := t.Clock()
	dst = append(appendDigits(dst, year, 4), '-')
	dst = append(appendDigits(dst, int(month), 2), '-')
	dst = append(appendDigits(dst, day, 2), 'T')
	dst = append(appendDigits(dst, hour, 2), ':')
	dst = append(appendDigits(dst, minute, 2), ':')
	dst = append(appendDigits(dst, second, 2), '.')
	return append(appendDigits(dst, t.Nanosecond(), 9), "+0000"...)
}

// appendDigits appends the last digits of a number.
func appendDigits(dst []byte, n, digits int) []byte {
	var room [9]byte
	for i := digits - 1; i >= 0; i-- {
		room[i] = byte('0' + n%10)
		n /= 10
	}
	return append(dst, room[:digits]...)
}

// span reads a part of a time difference.
func span(diff func(r Row) (int64, bool), part func(int64) int64) reader {
	return func(r Row, _ Arg) (Value, bool) {
		d, ok := diff(r)
		return DurationValue(part(d)), ok
	}
}

func whole(ns int64) int64   { return ns }
func seconds(ns int64) int64 { return ns / 1e9 }
func nanos(ns int64) int64   { return ns % 1e9 }

func sinceFirst(r Row) (int64, bool) {
	first := r.T.First()
	return r.B.Time[r.I] - first, first != 0
}

func sincePrevious(r Row) (int64, bool) {
	switch {
	case r.I > 0:
		return r.B.Time[r.I] - r.B.Time[r.I-1], true
	case r.B.Before != 0:
		return r.B.Time[0] - r.B.Before, true
	}
	return 0, r.B.Seq <= 1
}

// readAround rounds up, so that evt.around[T]=0 means the very instant.
func readAround(r Row, a Arg) (Value, bool) {
	var at int64
	for i := 0; i < len(a.Key); i++ {
		c := a.Key[i]
		if c < '0' || c > '9' || i > 18 {
			return Value{}, false
		}
		at = at*10 + int64(c-'0')
	}
	d := r.B.Time[r.I] - at
	if d < 0 {
		d = -d
	}
	return UintValue((uint64(d) + 1e6 - 1) / 1e6), a.Key != ""
}
