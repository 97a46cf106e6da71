// Package probe puts stoop's kernel programs in place and reads the raw records
// that they make.
//
// [Look] tells what this kernel offers and what is missing, with the remedy.
// [Open] loads the programs; [Probe.Update] attaches what a [Plan] asks for and
// may be called again at any time: what can be said by a map changes at once,
// attachments follow. [Probe.Reader] hands out records in batches that borrow the
// kernel's buffer. [Probe.Recorder] gives containers their rings and drains them.
// [Probe.Losses] accounts for every record that was made and did not arrive.
// [DropPrivileges] leaves only what further updates need. [Probe.Close] returns
// within milliseconds: a short-lived helper process lets the attachments go.
//
// # The key of a container
//
// Records carry the kernel's id of a cgroup. On a node with the unified (v2)
// hierarchy that is the id of the v2 cgroup. On hybrid and v1 nodes it is that of
// the cgroup in the memory controller's hierarchy, because every runtime puts its
// containers there, while the v2 tree beside it is often left alone. Both ids are
// the inode number of the cgroup's directory ([Keys.OfDir]). Without a memory
// controller the mount namespace stands in.
//
// # Tax
//
// A watched syscall has its own exit tracepoint; calls that nobody watches pay a
// few nanoseconds. Where tracefs or a tracepoint is missing one raw tracepoint on
// all exits stands in. 32-bit programs never reach the per-syscall tracepoints:
// [Plan.Compat] adds the raw one for them.
package probe
