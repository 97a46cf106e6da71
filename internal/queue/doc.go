// Package queue is where a shift begins: the alerts of all sources, those of a
// kind in one [Group], in the order in which they are worth looking at, each
// with what people have decided about it.
//
// # Kinds
//
// Alerts are of one [Kind] when they have the same rule, workload, parent
// process and image. A workload is what a pod belongs to ([WorkloadOf]), so that
// it stays one when its pods are replaced.
//
// # Feeding
//
// A [Queue] is fed with batches as they come and looks at alerts alone. It keeps
// counts and times, never events: its memory follows the kinds, of which there
// are at most [MaxGroups].
//
// # States
//
// What people decide is a [Record], of a group or of one alert, that a [Desk]
// keeps: a file of this machine ([File]), or an index that others read too.
// A desk takes a change only from who has seen the change before; else it
// answers with a [Conflict].
package queue
