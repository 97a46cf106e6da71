// Package source says what a source of events is, and opens one by the
// argument that the user gave: live, a file, -, demo, es://…
//
// A source streams batches into a [Sink]. What else it can do — reach back
// before the present, switch a container's recorder — it says by implementing
// a further interface of this package, and callers ask with a type assertion.
package source
