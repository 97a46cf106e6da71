// Package summary tells in a few words what an event says that is no system
// call: a record of a cluster's audit log, a connection or a question to a name
// server that a network monitor saw, a line of a container's log.
//
// What is told of which events is data, kinds.tsv: a condition, as filters are
// written, and a format. In a format {a.field} stands for a field's value, and
// what stands in [brackets] is left out where one of its fields has none. The
// first line whose condition holds, and whose format comes to something, tells
// the event.
package summary
