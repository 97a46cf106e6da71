package source

import (
	"context"
	"time"
)

// Recorder is implemented by sources that keep a flight recorder: rings of a
// container's recent events which are read only when somebody asks.
type Recorder interface {
	// Fly starts or stops the bulk recording (every system call) of a
	// container, by its 12-digit id or "host". Deeds are always recorded.
	Fly(container string, on bool) error

	// Reach says how far back the rings reach, a row for each recorded
	// container.
	Reach() []Reach

	// Drain reads the rings of a container, or of all with "", from since to
	// now into the sink. Events that were handed on before are not repeated.
	Drain(ctx context.Context, container string, since time.Time, sink Sink) error

	// Recall reads the rings of a container, or of all with "", from since to
	// until into the sink, whatever was handed on before.
	Recall(ctx context.Context, container string, since, until time.Time, sink Sink) error
}

// Reach is how far back the rings of one container reach.
type Reach struct {
	Container string    // 12-digit id or "host"
	Deeds     time.Time // oldest deed that is still there; zero: none
	Bulk      time.Time // oldest event in the bulk ring; zero: not recorded or none
	BulkOn    bool
	Lost      uint64    // events that could not be written
	Ended     time.Time // when the container ended; zero while it runs
}
