// Package trail goes from an alert to what led to it and what came of it.
//
// # From an alert to a process
//
// A [Subject] says whom an alert is about, by the best [Key] that the alert
// allows: the process's pid and start, its command line in its container at that
// time, or the container alone. Keys that leave a choice say so.
//
// # From a process to its trail
//
// [Build] reads the events of the subject's container (of the host: of its
// session) once, in the order of time, and keeps those of one subtree: the
// subject, its ancestors up to the root of what happened, and all that came of
// these. The root is the first ancestor below the container's entry point, and
// below what the service itself is made of, that runs another program. That is an
// inference, and marked as one.
//
// # The story
//
// [Trail.Story] tells the trail in sentences, each with the events that it rests
// on. What is told, and in which words, is data: the tellings in story/*.yaml, a
// Falco condition and a text with fields in it each. Nothing is guessed: what is
// concluded and not seen is marked, and what is not known is listed at the end.
package trail
