// Package pivot goes from one event to what else is known around it: in the
// store, and in every SIEM that is open.
//
// A [Pivot] is data: a condition with an event's values to be filled in, spans
// of time around the event, each wider than the one before, and looser
// conditions for when nothing is found. Some are built in, users keep their
// own in a folder ([Load]), where one of the same name takes the place of a
// built-in one:
//
//   - name: exec
//     title: who entered the pod
//     find:
//   - ka.target.subresource = exec and ka.target.name = %k8s.pod.name
//     within: [-30s +5s, -10m +1m]
//
// [Pivot.Ask] fills an event's values in, or says which one is missing;
// [Find] looks in every [Place] and widens until something is found;
// [Merge] makes one timeline of what several pivots found.
//
// Values of events are hostile: they are put into the parsed condition, never
// into its text.
package pivot
