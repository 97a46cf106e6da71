// Package tui is stoop's screen: the containers and their events side by side,
// time above them, the details of one event beside them, and the ways from one
// to the next.
//
// # Shape
//
// [Model] is the one Bubble Tea model. Everything else on the screen is a plain
// struct with a draw method that is given an area of the grid, and methods that
// keys call; none of them knows Bubble Tea. What each key does stands in one
// table (keys.go), from which the help screen and docs/keys.md are made too.
//
// # Way of an event
//
// Sources put batches into the store ([hub]); the model is only told that the
// store has changed, at most once a frame. It then starts one refresh in the
// background (refresh.go), which brings the view of the current level up to
// date and counts what the panels show. Drawing asks the view for the rows that
// are on screen and formats only those.
//
// # Levels
//
// Where the user is, is a stack of levels. Each keeps its filter, cursor and
// scroll position, so going back finds everything as it was. Rows are known by
// their [store.RowID], never by their place.
package tui
