// Package sequence tells when the steps of a sequence have happened: rules
// that fired, whoever raised their alerts, and events that a condition holds
// for, within a time span and of one group (the same container, say).
//
// # The way of an event
//
// A [Correlator] is fed with batches and the alerts that were made of them. A
// step's condition is asked about a whole batch at a time; what it holds for is
// put in the order of time, late arrivals included as far as Options.Lateness
// allows, and handed to the group it belongs to. What it does there is up to
// the type of the sequence (ordered.go, temporal.go, count.go); the types know
// nothing of batches. The result depends on the events alone, never on how they
// were cut into batches.
//
// # What is kept
//
// The events that a group has taken are copies in tables of their own
// (shelf.go), so that nothing pins a source's memory. Groups, copies and events
// that wait for their turn are bounded; what goes over is dropped, the group
// that was touched longest ago first, and counted in [Stats].
package sequence
