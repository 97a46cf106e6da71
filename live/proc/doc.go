// Package proc keeps the processes of a node: who they are, where they come
// from, and what their descriptors refer to.
//
// A [Table] starts from /proc and is then led by the kernel's records: fork,
// exec and exit, and the calls that change credentials, names and directories.
// What it missed it notices (a process is known by its pid and its start time,
// its image by the exec counter, its user by the id in every record) and reads
// from /proc; what is learnt so is marked as late.
//
// Rows of the event tables are states: a process gets a further row when its
// image, its credentials, its container or its directory change, and only when
// an event needs it. Threads have no rows; their events are the process's.
//
// Everything read from /proc was written by processes that may be hostile:
// sizes are bounded, and paths inside a container are opened so that they
// cannot lead out of it.
package proc
