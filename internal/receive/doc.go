// Package receive is the source of alerts that Falco sends here: as lines to a
// unix socket (program_output: nc -U PATH), or as the body of POST requests
// (http_output), as falcosidekick takes them.
//
// Everything that comes is hostile. Lines, bodies, connections and what waits are
// bounded, a client that stops in the middle is let go, and what is no alert is
// counted and said.
package receive
