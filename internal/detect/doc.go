// Package detect stands between a source and a sink, and makes alerts where
// rules fire.
//
// # Alerts are events
//
// An alert is an event of its own, of the time and type of the event that the
// rule fired on, in tables of the detector's: the process with its ancestors,
// the file and the container are copied, and what is learned of a container
// later is copied after. Its document is what Falco would write: uuid, time,
// rule, priority, source, tags, hostname, output, and output_fields with all
// fields that the event has. So filters, JSON, recordings and the screen know
// it as they know the alerts of others; alert.origin is stoop.
//
// Its alert.id is made of the node, the event's time, thread and result, and the
// rule's name: the same event makes the same alert, on the node and in each
// recording of it.
//
// # Bounds
//
// A rule makes at most [PerSecond] alerts for one second of events. What goes
// over is counted, and said in a note and in [Stats].
//
// # New rules
//
// [Detector.Follow] reads the files again when they change. The rules that are
// at work stay when the new ones have an error, and a note says so.
package detect
