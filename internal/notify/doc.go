// Package notify tells others of alerts.
//
// A [Notifier] has targets. Each takes what it is offered from a queue of its own,
// in a goroutine of its own, so that none slows another, nor whoever makes the
// alerts. There are two sorts:
//
//   - Outputs get every alert as Falco writes it (falco.go): standard output, files
//     (file.go), syslog (syslog.go), and HTTP (http.go).
//   - Notifications are for people (shout.go): alerts of one rule, container and
//     parent are one message with a count (group.go), and a template makes its
//     text (template.go, message.go), escaped for where it is read (dialect.go).
//
// What goes over the network is in a spool on disk before it is sent, and is sent
// again until it is taken (deliver.go); a later process sends what this one
// has not. An alert may arrive twice, then. What does not fit is counted and said.
//
// Where a target is may be a secret (secret.go): it is never in an error or a note.
package notify
