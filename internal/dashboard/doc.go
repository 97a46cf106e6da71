// Package dashboard has charts and tables as data: what a dashboard shows ([Panel]),
// and what came of counting ([Result]), whoever counted: the store for events
// that are here, a SIEM for those that are there.
//
// A dashboard is a YAML file. Two are built in, users keep their own in a
// folder ([Folder]), where one of the same name takes the place of a built-in
// one:
//
//	title: Shells
//	about: Who opens shells, and where.
//	filter: evt.type = execve and proc.name in (sh, bash)
//	panels:
//	  - title: Pods
//	    kind: terms
//	    by: [k8s.pod.name]
//	    width: 6
//
// Fields and filters are those of everywhere else.
package dashboard
