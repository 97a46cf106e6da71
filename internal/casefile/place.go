package casefile

import (
	"fmt"
	"time"
)

// Place is where a screen was left: what it was over, and on each level what was
// shown and where in it the cursor stood.
type Place struct {
	Sources []string  `json:"sources"`
	Since   time.Time `json:"since,omitzero"` // the span that was asked of the sources
	Until   time.Time `json:"until,omitzero"`
	Levels  []Level   `json:"levels"`

	Panel      string   `json:"panel,omitempty"`   // the panel with the focus; "": the rows
	Columns    []string `json:"columns,omitempty"` // of tables, by their fields; "" is what happened
	Search     string   `json:"search,omitempty"`  // what is looked for in the rows
	Details    Details  `json:"details,omitzero"`
	Containers Cards    `json:"containers,omitzero"`
	Bars       Bars     `json:"bars,omitzero"`
	Over       *Over    `json:"over,omitempty"` // what covers the panels
}

// Level is one level of the screen.
type Level struct {
	Title  string   `json:"title"`
	Filter string   `json:"filter,omitempty"`
	Undo   []string `json:"undo,omitempty"`   // filters that it replaced, the latest last
	Time   int64    `json:"time,omitempty"`   // of the row under the cursor, ns since 1970; of a trail that of the row that it is about
	Key    string   `json:"key,omitempty"`    // and which it is
	Line   int      `json:"line,omitempty"`   // the screen line that it is on
	Col    int      `json:"col,omitempty"`    // the cell under the cursor
	Anchor int64    `json:"anchor,omitempty"` // times are written as distances from it; 0: they are not
	Pin    Point    `json:"pin,omitzero"`     // the alert that the level is about
	View   string   `json:"view,omitempty"`   // [TrailView], [TreeView], [BoardView]; "": a table

	Trail *InTrail `json:"trail,omitempty"`
	Tree  *InTree  `json:"tree,omitempty"`
	Board *InBoard `json:"board,omitempty"`
}

// The views of a level that shows no table.
const (
	TrailView = "trail" // the trail of the row
	TreeView  = "tree"  // the process tree of the row's process
	BoardView = "board" // a dashboard
)

// Point names an event: see [KeyOf].
type Point struct {
	Time int64  `json:"time"`
	Key  string `json:"key"`
}

// Lines is where in a list one is: the line under the cursor and the first on the
// screen.
type Lines struct {
	At  int `json:"at,omitempty"`
	Top int `json:"top,omitempty"`
}

// Cards is where in the list of containers one is.
type Cards struct {
	On    string `json:"on,omitempty"` // the one under the cursor, by its id
	Top   int    `json:"top,omitempty"`
	Order int    `json:"order,omitempty"`
}

// Details says whether an event's details are shown, and where in them one is.
type Details struct {
	Lines
	Shown *bool `json:"shown,omitempty"` // nil: as is right for the size
}

// Bars is where in the histogram one is; From is where a span begins, counted
// from 1, and 0 for none.
type Bars struct {
	At   int `json:"at,omitempty"`
	From int `json:"from,omitempty"`
}

// Over is what covers the panels.
type Over struct {
	Name string `json:"name"`
	Lines
	Picked []string `json:"picked,omitempty"` // fields of an exception
	On     string   `json:"on,omitempty"`     // what the cursor is on, where that has a name
	All    bool     `json:"all,omitempty"`    // what is left out by itself is shown
}

// Process names a process.
type Process struct {
	PID   int32 `json:"pid"`
	Start int64 `json:"start"` // ns since 1970
}

// InTrail is where in a trail one is.
type InTrail struct {
	Pane  string `json:"pane"`            // the pane with the focus
	Below string `json:"below,omitempty"` // what stands below: "details", "places", "data"; "": the object

	Process  *Process `json:"process,omitempty"` // whose events alone are shown
	Object   string   `json:"object,omitempty"`  // what is done with that alone is shown
	Unfolded []Point  `json:"unfolded,omitempty"`
	Siblings bool     `json:"siblings,omitempty"` // the root's siblings are listed

	On   Point  `json:"on,omitzero"`    // the event under the cursor
	Line string `json:"line,omitempty"` // which line of it: "run", "pause"; "": the event
	Row  int    `json:"row,omitempty"`  // the screen line that it is on

	Lineage Lines    `json:"lineage,omitzero"`
	Story   Lines    `json:"story,omitzero"`
	Events  Lines    `json:"events,omitzero"` // of the object
	Of      *Process `json:"of,omitempty"`    // the process that the object is; nil: what the event under the cursor is about
	Places  Lines    `json:"places,omitzero"`
}

// InTree is where in a process tree one is.
type InTree struct {
	Up  int     `json:"up,omitempty"` // it is that of the ancestor this many steps above
	On  Process `json:"on,omitzero"`
	Top int     `json:"top,omitempty"`
}

// InBoard is a dashboard, and where in it one is.
type InBoard struct {
	Name  string `json:"name"`
	Panel int    `json:"panel"`
	Picks []int  `json:"picks,omitempty"` // what is picked in each panel
	Top   int    `json:"top,omitempty"`
	From  int    `json:"from,omitempty"` // where a span begins, counted from 1; 0 for none
}

// Bounds of a place.
const (
	maxLevels = 64
	maxList   = 4096 // of what is unfolded, of columns
)

// check refuses what no place may be.
func (p *Place) check() error {
	if p == nil || len(p.Levels) > maxLevels {
		return fmt.Errorf("a view has 1 to %d levels", maxLevels)
	}
	if len(p.Columns) > maxList {
		return fmt.Errorf("a view has at most %d columns", maxList)
	}
	for i := range p.Levels {
		if t := p.Levels[i].Trail; t != nil && len(t.Unfolded) > maxList {
			return fmt.Errorf("a trail has at most %d unfolded runs", maxList)
		}
	}
	return nil
}
