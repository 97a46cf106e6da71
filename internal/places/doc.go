// Package places looks for the trail of an alert wherever it may be.
//
// A [Place] holds events: what the screen has read, the indices of a SIEM, a
// recording, a folder of kept trails, the node's flight recorder. [Find] asks
// all of them side by side for what the alert allows to ask for — the trail
// that bears its id, its process by entity id, its container or pod around its
// time, the audit records of its pod, the connections of its addresses — and
// tells of each [Answer] as it comes. What the answers teach (the pod's
// container, its address, the parents' entity ids) is asked for in turn.
//
// The rows of all places become one stream in the order of time, each event once,
// and the trail is built of it. [Found] says by which key, how sure that is and
// why, what was looked for and not found, and how far the places' clocks are
// apart: where one is off by more than a second, and events that others have too
// tell by how much, its times are corrected and that is said.
package places
