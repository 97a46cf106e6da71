// Package live is the source of a node's events: it puts the kernel programs
// in place (package probe), reads their records, turns them into events
// (packages decode and proc) and names the containers (package container).
//
// # The way of a record
//
// A kernel program writes it to the event buffer. Every 10 ms, or sooner under
// load, the pipeline takes what is there, waits a millisecond for records of
// other CPUs that belong before it, decodes it, and queues a batch for the sink.
// One goroutine does all of it and owns the event tables; another hands on what
// is queued, so that a slow sink makes nobody wait: what the queue has no room
// for is counted as lost.
//
// # What is watched
//
// The types that the request's filter can hold for, or without a filter the
// default set: what the public rules test, and what changes processes, descriptors, namespaces and files. Fork, exec and
// exit are always read, for the process table's sake.
//
// # The flight recorder
//
// Beside the stream the kernel keeps rings of each container's deeds, and on
// request of everything that a container does. [Live] reads them when asked,
// with a process table of their own that is led from the past to the present:
// by the execs in the rings, however old, and by what the stream's table knew of
// processes that have ended since. What the stream has handed on already is
// left out. Rings live as long as the process that made them; one that starts
// later asks the running ones over a socket that only root can reach, and is
// told the containers and processes with the records.
//
// A cgroup with a pid namespace of its own takes a ring by itself, at its first
// deed. Containers that share the host's are known by the directory of their
// cgroup, which is looked for twice a second, and are given one.
//
// # Tables
//
// Tables only grow. Beyond a bound the pipeline starts new ones and carries the
// living processes and containers over; the old ones go with the events that
// refer to them.
package live
