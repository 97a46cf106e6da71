// Package store keeps events in memory, within a bound, and answers for them.
//
// A [Store] takes batches from any number of sources and keeps them in chunks
// of columns; when the bound is reached the oldest chunks go, and how many
// events went with them is counted. A [View] is the store seen through one
// filter: it evaluates the filter over chunks it has not seen yet, newest
// first and in parallel, whenever its owner calls [View.Update], and then
// answers by rank (the k-th matching event in the order of time), by time and
// by event, and counts.
//
// # Order
//
// Chunks stand in lanes. Within a lane time never runs back, so a lane can be
// searched by bisection; a batch that would turn time back (a second source,
// a drained flight recorder, a file that is not sorted) begins a lane of its
// own, unless it lies wholly before a lane, as pages do that are read back:
// then it becomes the lane's first chunk. The order of all events is the merge
// of the lanes.
package store
