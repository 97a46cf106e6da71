package dashboard

import (
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// Kind is how a panel shows what it counts.
type Kind string

// The kinds.
const (
	Stat  Kind = "stat"  // one number: events, or different values of a field
	Terms Kind = "terms" // a bar for each value of a field, the most first
	Trend Kind = "trend" // events over time; with a field, a line a value
	Heat  Kind = "heat"  // a row of time for each value of a field
	Table Kind = "table" // a row for each combination of some fields' values
)

// Kinds lists the kinds.
var Kinds = []Kind{Stat, Terms, Trend, Heat, Table}

// The bounds of what a panel counts.
const (
	DefaultLimit = 10
	MaxLimit     = 1000
	MaxFields    = 6
	Columns      = 12 // widths are parts of this
)

// Panel is one chart or table.
type Panel struct {
	Title  string   `yaml:"title"`
	Kind   Kind     `yaml:"kind"`
	By     []string `yaml:"by,omitempty,flow"` // the fields whose values are told apart, with arguments as in a filter
	Only   string   `yaml:"only,omitempty"`    // a glob: other values of the first field are left out
	Filter string   `yaml:"filter,omitempty"`  // beside the dashboard's
	Limit  int      `yaml:"limit,omitempty"`   // how many values are shown; 0: [DefaultLimit]
	Width  int      `yaml:"width,omitempty"`   // of [Columns]; 0: half
	Height int      `yaml:"height,omitempty"`  // lines; 0: as many as the kind needs

	fields []Ref
	only   func(string) bool // nil: every value
}

// Ref is a field with its argument.
type Ref struct {
	Field *event.Field
	Arg   event.Arg
}

// Fields are the fields that [Panel.By] names.
func (p *Panel) Fields() []Ref { return p.fields }

// Shows reports whether the panel is about a value of its first field.
func (p *Panel) Shows(value string) bool { return p.only == nil || p.only(value) }

// Rows is how many values the panel shows at most; of a stat, which shows none,
// how many are told apart so that those of several sources can be.
func (p *Panel) Rows() int {
	if p.Kind == Stat {
		return MaxLimit
	}
	if p.Limit > 0 {
		return p.Limit
	}
	return DefaultLimit
}

// Timed reports whether the panel tells times apart.
func (p *Panel) Timed() bool { return p.Kind == Trend || p.Kind == Heat }

// Span is a time from … to (exclusive) in equal buckets, ns since 1970. The zero
// Span is all time.
type Span struct {
	From, To int64
	Buckets  int
}

// Step is the length of a bucket in ns, at least 1.
func (s Span) Step() int64 { return max((s.To-s.From)/int64(max(s.Buckets, 1)), 1) }

// Until is the span without the buckets behind the one of a time, in which
// nothing lies.
func (s Span) Until(last int64) Span {
	if at := s.Bucket(last); at >= 0 {
		s.To, s.Buckets = s.From+int64(at+1)*s.Step(), at+1
	}
	return s
}

// Has reports whether a time lies in the span.
func (s Span) Has(ns int64) bool { return s.From == s.To || ns >= s.From && ns < s.To }

// Bucket returns the bucket of a time, -1 when it lies outside.
func (s Span) Bucket(ns int64) int {
	if ns < s.From || ns >= s.To || s.Buckets <= 0 {
		return -1
	}
	return int(min((ns-s.From)/s.Step(), int64(s.Buckets-1)))
}

// Query is a panel with what it is asked of.
type Query struct {
	Panel  *Panel
	Filter *filter.Filter // the dashboard's and the panel's together; nil: all events
	Span   Span
}

// wideBuckets bounds the buckets of time that a wide query asks for, all values
// together.
const wideBuckets = 20_000

// Wide is the query with more values than its panel shows: what several sources
// count of it can be added up, and the most frequent values are among each
// one's.
func (q Query) Wide() Query {
	p := *q.Panel
	p.Limit = MaxLimit
	if p.Timed() {
		p.Limit = max(q.Panel.Rows(), min(wideBuckets/max(q.Span.Buckets, 1), 10*DefaultLimit))
	}
	q.Panel = &p
	return q
}

// Wides are queries with more values than their panels show.
func Wides(qs []Query) []Query {
	wide := make([]Query, len(qs))
	for i, q := range qs {
		wide[i] = q.Wide()
	}
	return wide
}

// Result is what a panel found.
type Result struct {
	Groups []Group `json:"groups"`          // the most first; of a stat what is not shown
	Total  int64   `json:"total"`           // events counted
	Values int64   `json:"values"`          // different values there are, those beyond the limit too; -1 when nobody knows
	Other  int64   `json:"other"`           // events with values beyond the limit
	None   int64   `json:"none"`            // events without a value
	Span   Span    `json:"-"`               // of a timed panel
	Trend  []int64 `json:"trend,omitempty"` // events in each bucket, all values together; nil unless the panel is timed

	// Notes say what the figures cannot be trusted in: a count that the
	// server made up from its shards' best, a part that did not answer.
	Notes []string `json:"notes,omitempty"`
}

// Group is the events with one value, or one combination of values.
type Group struct {
	Keys    []string `json:"keys"` // a text for each field, "" where it has no value
	Count   int64    `json:"count"`
	Last    int64    `json:"last,omitempty"`    // time of the latest, ns since 1970; 0 when not known
	Buckets []int64  `json:"buckets,omitempty"` // of a timed panel
}
