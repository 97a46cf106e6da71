package mapping

import (
	"slices"
	"sync/atomic"
)

// Seen are fields of which somebody looked whether documents hold values that
// were too long to be indexed, or none of the field's type. It may be used by many goroutines at a time.
type Seen struct {
	Fields
	hidden atomic.Pointer[map[string]bool]
}

// Look takes what was seen: the fields that left a value out, nil when that is
// not known.
func (s *Seen) Look(hidden map[string]bool) {
	if hidden == nil {
		s.hidden.Store(nil)
		return
	}
	s.hidden.Store(&hidden)
}

// Shown are the fields as they would be if those that have left nothing out
// never did; nil when that is not known. What it says held when somebody looked.
func (s *Seen) Shown() Fields {
	hidden := s.hidden.Load()
	if hidden == nil {
		return nil
	}
	return shown{s.Fields, *hidden}
}

type shown struct {
	Fields
	hidden map[string]bool
}

// Lookup implements [Fields].
func (s shown) Lookup(path string) []Field { return s.show(s.Fields.Lookup(path)) }

// Below implements [Fields].
func (s shown) Below(path string) []Field { return s.show(s.Fields.Below(path)) }

func (s shown) show(fields []Field) []Field {
	all := slices.Clone(fields)
	for i := range all {
		f := &all[i]
		f.Malformed = f.Malformed && (f.Alias || s.hidden[f.Path])
		if f.Type == "keyword" && !f.Unnamed && !f.Alias && !s.hidden[f.Path] {
			f.IgnoreAbove = 0
		}
	}
	return all
}
