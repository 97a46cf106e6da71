// Package casefile gathers what was found in an investigation: marked events,
// notes, filters, trails and pictures of the screen.
//
// A case is a folder. case.ndjson is a journal of entries, each synced before it
// counts; what is taken out is taken out by a further entry. Beside it lie the
// evidence files, which are whole before an entry names them, with their SHA-256.
// So a case is, after a crash, what it was when the last key was pressed.
//
// [Case.Export] writes it for others: Markdown with the pictures, JSON, a STIX 2.1
// bundle, the evidence, and the sums of all of it. Secrets are masked there
// unless they are asked for; the case itself has events as they were.
package casefile
