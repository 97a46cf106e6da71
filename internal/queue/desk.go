package queue

import "context"

// Desk is where records are kept, for everybody who works at it.
type Desk interface {
	// Name says where it is, for the screen.
	Name() string

	// Load returns all records.
	Load(ctx context.Context) ([]Record, error)

	// Save takes a changed record, and returns it as it is kept. The record's
	// Version says which one was changed; a [Conflict] that somebody was faster.
	Save(ctx context.Context, r Record) (Record, error)

	// Watch tells of records that others changed, until ctx is done. Its error
	// says why it cannot.
	Watch(ctx context.Context, told func([]Record)) error
}

// Marker is implemented by desks that can write a state into the alerts
// themselves, where others look for it (kibana.alert.workflow_status).
type Marker interface {
	// Mark writes a state into alerts by their ids, and says into how many: fewer
	// than ids where alerts are not the server's, or have gone.
	Mark(ctx context.Context, ids []string, r Record) (Marked, error)
}
