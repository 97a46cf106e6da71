// Package keep keeps the trail of every alert: what the container did before,
// which is in the flight recorder, and what it does in the seconds after.
//
// A [Keeper] stands between a source with a flight recorder and whoever reads
// it. Alerts pass it as events, those that rules here made as those that another
// program sent. For each it finds out whom the alert is about, reads the rings
// of that container at once, and goes on reading them beside the stream until
// the time is up. All of it becomes one recording, in the order of time, whose
// events bear the alert's id (alert.trail), or goes where events are shipped to.
//
// # Whom an alert is about
//
// The container that it names by id, or by pod and namespace. An alert on the
// host is about a process: the session of the one that it names by pid, or by
// name and command line among those that did something at that time, and all
// that began below it.
//
// # One trail
//
// Alerts of a container whose trail is being kept are put into that trail. One
// that comes later has a trail that begins where the one before ended, and says
// which that was.
//
// # Bounds
//
// The stream of the last minutes is held in memory within a bound, since the
// rings have deeds only. Trails at a time, bytes of a trail, and files and bytes
// in the folder are bounded; the oldest files go first, but for those whose name
// was changed to end in .keep.stoop. What was not kept is counted.
package keep
