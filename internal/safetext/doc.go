// Package safetext makes text that came from outside safe to show.
//
// Command lines, file names, payloads, log lines and alert outputs are written
// by whoever is being watched. Printed as they are, they could move the cursor,
// change the title or the clipboard, hide or reorder what follows, or draw a
// row that never happened. Two questions are answered here and nowhere else:
//
//   - What may reach the terminal? [Line] and [Append] replace whatever is not
//     plainly visible by an escape that is ([Append] lists what and how);
//     [AppendJSON] does the same inside a JSON string; [Writer] stands before
//     stdout and lets nothing else through.
//   - What may be read by those who look at the screen? [Redact] masks the
//     passwords, tokens and keys in command lines, environments and payloads.
//
// Redact works on the text as it was, so it comes first: Line(Redact(s)).
//
// The terminal is taken to speak UTF-8. Width, wrapping and truncation are not
// decided here; they are done afterwards, on text that is already safe.
package safetext
