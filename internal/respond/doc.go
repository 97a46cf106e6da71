// Package respond proposes what to do about an event: commands as text, with the
// names and ids of the event filled in. Nothing is ever run.
//
// What is proposed is data: responses.yaml has the texts, with fields in braces
// and the form that a value must have to be put there, {k8s.pod.name:dns}. A value
// from outside that has not that form is not filled in, and the proposal says so:
// no name of a pod can become a command.
package respond
