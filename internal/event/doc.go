// Package event holds the shapes that everything else in stoop speaks: the
// batch of events, the tables its events refer to, and the registry of fields.
//
// # Shape
//
// Events are stored as a star. A [Batch] has one narrow row an event: time,
// type, thread, result, and references into the dimension tables of its
// [Tables]: processes ([Proc]), files and sockets ([Object]), containers
// ([Container]), alerts ([Alert]) and interned strings. A condition on a
// process is therefore decided once for each distinct process and then
// gathered over the events, never evaluated once an event.
//
// Every batch names the Tables that its references point into. A source owns
// its Tables; several sources side by side have several.
//
// # Fields
//
// [Fields] is the one table of field names. Each [Field] says of what type it
// is, on which rows it depends ([Home]), which sources can fill it, and how it
// is read. Filters, completion, columns, the detail pane, JSON output and the
// generated reference page all come from it.
//
// # Types and arguments
//
// types.tsv names every event type with its arguments, flags.tsv the names of
// flags and numbers. A source encodes arguments with [ArgWriter] in the order of
// [TypeInfo] Params; [Args] writes them as text in the order of Shown, which
// adds the call's result and what is a fact of the process or the file.
//
// Falco's names and order come first, the kernel's where Falco has no such
// event, so that a Falco rule on evt.arg means the same here. Numbers are the
// kernel's on amd64, not those of Falco's drivers.
//
// # Concurrency
//
// One goroutine, the source's, appends to a Tables; any number may read at the
// same time. A row that has been added does not change, with one exception:
// [Dim.Set] replaces a container's row when its metadata comes late, which
// moves the dimension's epoch. [Names] may be added to by anyone. A batch does
// not change once it was handed on.
package event
