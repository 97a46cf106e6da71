package pivot

import (
	"fmt"
	"strings"
)

// Say says in one sentence what became of a question: what was found with
// which condition and span, what was tried first, or why nothing was asked.
func (a *Answer) Say() string {
	switch {
	case a.Off:
		return "not asked: it is about other events"
	case len(a.Keys) == 0:
		return "not asked: the event has no " + orList(a.Missing)
	case a.Err != nil && len(a.Found) == 0:
		return a.Err.Error()
	case len(a.Found) == 0:
		return "nothing: " + a.tried()
	}
	text := a.Step().Window.String() + "  " + a.Step().Key.String()
	if n := len(a.Tried) - 1; n > 0 {
		text += " (nothing " + a.before() + ")"
	}
	if a.Err != nil {
		text += "; " + a.Err.Error()
	}
	return text
}

// before says what was tried without finding anything before something was.
func (a *Answer) before() string {
	var windows []string
	found := a.Step()
	for _, s := range a.Tried[:len(a.Tried)-1] {
		if s.Key == found.Key {
			windows = append(windows, s.Window.String())
		}
	}
	var parts []string
	if len(windows) > 0 {
		parts = append(parts, "within "+strings.Join(windows, ", "))
	}
	for _, k := range a.Keys {
		if k == found.Key {
			break
		}
		parts = append(parts, "for "+k.String())
	}
	return strings.Join(parts, ", nor ")
}

// tried says what was looked for, and how it was widened.
func (a *Answer) tried() string {
	first := a.Tried[0]
	text := first.Key.String() + " within " + first.Window.String()
	last := first
	for _, s := range a.Tried[1:] {
		switch {
		case s.Key != last.Key:
			text += fmt.Sprintf("; then %s, up to %s", s.Key, a.widest(s))
		case s.Key == first.Key:
			text += ", then " + s.Window.String()
		}
		last = s
	}
	return text
}

// widest is the widest span in which a step's condition was tried.
func (a *Answer) widest(of Step) Window {
	for _, s := range a.Tried {
		if s.Key == of.Key {
			of = s
		}
	}
	return of.Window
}

// orList writes names as a choice: a, b or c.
func orList(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}
