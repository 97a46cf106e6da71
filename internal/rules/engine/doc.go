// Package engine says which rules of a set fire on which events.
//
// A rule is asked only about events of the types that its condition can hold
// for, and of its source: syscall rules about what a kernel did, whoever
// reports it; k8s_audit rules about audit records. Alerts are no events that
// rules are about, nor are lines of logs or what was lost.
//
// Conditions are evaluated over batches by a [filter.Group]: what several have
// in common (macros, equal checks) is evaluated once. Where more than one rule
// holds for an event the first fires alone, as with Falco's rule_matching:
// first, unless [Options].All asks for all.
package engine
