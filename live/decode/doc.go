// Package decode turns the kernel's raw records (package bpf) into batches of
// events (package event).
//
// A [Decoder] takes records in the order in which they were read, puts them in
// the order of their time within a short window, lets each change the process
// table, and appends the event that it tells of to a batch. What an event's
// arguments are follows from the registry of event types: for each type a list
// of steps is made once, one an argument, that says where in a record it is
// found. Nothing is allocated for an event on the way.
//
// Records are not trusted: one that is cut or lies about its lengths is counted
// as bad and passed over.
package decode
