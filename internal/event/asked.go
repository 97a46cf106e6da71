package event

// Asked is a field with its argument, as it was asked for by name.
type Asked struct {
	Field *Field // nil: nothing was asked for
	Arg   Arg
}

// MustAsk asks for a field that is there for sure: one that code names.
func MustAsk(name string) Asked {
	f, arg, err := Fields.Parse(name)
	if err != nil {
		panic(err)
	}
	return Asked{f, arg}
}

// Get reads the field of an event.
func (a Asked) Get(r Row) (Value, bool) { return a.Field.Get(r, a.Arg) }

// Text reads the field as text, "" when the event does not have it.
func (a Asked) Text(r Row) string {
	v, ok := a.Get(r)
	if !ok {
		return ""
	}
	return v.String()
}

// Number reads the field as a number, 0 when the event does not have it.
func (a Asked) Number(r Row) int64 {
	v, ok := a.Get(r)
	if !ok {
		return 0
	}
	return int64(v.Num)
}
