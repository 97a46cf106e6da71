package rules

// Sequence is a combination of rules and conditions within a time span.
type Sequence struct {
	Name string
	At   Place
}

// readSequence reads a sequence: item.
func readSequence(l *loader, it *item) error {
	name, err := it.text(it.kind.key)
	if err != nil {
		return err
	}
	l.set.Sequences = append(l.set.Sequences, &Sequence{Name: name, At: it.at()})
	return nil
}
