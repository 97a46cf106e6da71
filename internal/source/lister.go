package source

import "github.com/stoop-project/stoop/internal/event"

// Lister is implemented by sources that know containers of which no event has
// come yet: those that run on the node.
type Lister interface {
	// Running lists the containers that run now, without the host. Their rows
	// are in tables that events of the source may refer to.
	Running() []Running
}

// Running is a container that runs.
type Running struct {
	ID   string // 12 digits
	T    *event.Tables
	Cont event.ContID
}
