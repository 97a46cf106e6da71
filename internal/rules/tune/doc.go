// Package tune proposes exceptions to rules that are noisy: from an alert, the
// fields that tell it from others, in Falco's own notation, to be written to a
// rule file that is read after the rule's own.
package tune
