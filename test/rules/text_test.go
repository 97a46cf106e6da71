package rulestest

import "github.com/stoop-project/stoop/internal/event"

// text reads a field of an event as text.
func text(b *event.Batch, i int, field string) (string, bool) {
	f, arg, err := event.Fields.Parse(field)
	if err != nil {
		panic(err)
	}
	v, ok := f.Show(b.Row(i), arg)
	if !ok {
		return "", false
	}
	return v.String(), true
}
