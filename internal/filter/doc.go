// Package filter is stoop's one filter language: Falco's conditions as of
// engine 0.63 (Falco 0.45), parsed, checked, completed, printed and compiled
// to predicates over event batches.
//
// # Grammar
//
//	or        = and { "or" and }
//	and       = not { "and" not }
//	not       = { "not" } ( "(" or ")" | check | macro )
//	check     = operand ( "exists" | numOp number | strOp [ modifier ] value | listOp list )
//	operand   = field | transformer "(" arg { "," arg } ")" [ "[" arg "]" ]
//	field     = name "." name { "." name } [ "[" arg "]" ]
//	arg       = number | quoted | operand | "(" arg { "," arg } ")"
//	numOp     = "<" | "<=" | ">" | ">="
//	strOp     = "=" | "==" | "!=" | "contains" | "icontains" | "bcontains" | "startswith" |
//	            "bstartswith" | "endswith" | "glob" | "iglob" | "regex"
//	listOp    = "in" | "intersects" | "pmatch"
//	modifier  = "oneof" | "anyof" | "allof", with a blank on both sides and a list behind it
//	list      = "(" [ value { "," value } ] ")" | name
//	value     = quoted | bare text without blanks, quotes, parentheses, "=" and ","
//
// On the right-hand side a transformer may stand for a value, and val(field)
// for the field itself. Quoted strings know \b \f \n \r \t \\ \/ \" \' and
// \xHH. [Lists] are replaced in the text before it is parsed, [Macros] in the
// tree.
//
// # Meaning
//
// A missing field makes every check false, "!=" included; "not" turns that
// into true. A transformer of a missing value is missing, and so is one that
// fails (b64 of what is not base64).
//
//   - "in" on a list field wants every member among the values, "intersects"
//     one; on other fields both are the same. The empty list is "in" anything.
//   - A modifier applies the operator to each value of the list: oneof to hold
//     for exactly one, anyof for some, allof for all. No modifier holds for an
//     empty list.
//   - A field without index that has one value an ancestor (proc.aname) holds
//     when one of them does. Fields that stand for both ends of a connection
//     (fd.ip, fd.port, fd.net) hold when one end does, and for "!=" when both
//     do.
//   - Texts are compared byte by byte, as they came from the event; < and >
//     compare them too. icontains, iglob, tolower and toupper know ASCII only.
//   - Numbers are read as C does: 0644 is octal, 0x1a4 hexadecimal. Ports are
//     also known by the name of their service.
//   - An address is compared with an address, a network field (fd.net, fd.cnet)
//     with networks: 10.0.0.0/8. An IPv4 address is in no IPv6 network.
//   - glob is fnmatch(3) without flags: * and ? match slashes and leading dots
//     too. pmatch asks whether a path is one of the given ones or below one;
//     its wildcards stay within a part of the path.
//   - regex is extended POSIX syntax, matches the whole text, and runs in
//     linear time. It is Go's RE2 where Falco's is C++'s; bytes that are not
//     UTF-8 read as U+FFFD, each by itself, where Falco may put one for several.
//   - Macros and lists apart, nothing is looked up: no names, no addresses.
//
// # Errors
//
// Refusals are [*Error]s with a place, what stands there, what was expected
// and often what was meant. Where Falco refuses the same text, the message has
// Falco's words. With [Options].Falco stoop's own fields and event types are
// refused too.
//
// What differs from Falco on purpose: an operator's name must end where it
// ends ("globin (x)" is refused); fields of one kind but different widths may
// be compared with each other; getopt also takes a process's arguments apart
// that are one text; an unknown event type is a warning unless Options.Falco
// asks for an error.
//
// # Evaluation
//
// A [Filter] is a tree of steps. What one dimension of the event tables
// decides (the type, the process with its container, the file or socket, the
// alert's rule) is evaluated once for each row of that dimension, kept in a
// bit a row for each [event.Tables], extended as rows are added and done anew
// when a row is replaced; the bits are then gathered over the events, 64 at a
// time. Checks of a number that is a batch column run over that column. The
// rest is asked event by event, last and only where it still matters. Where a
// dimension lacks a field that an event's document may hold, the document is
// asked.
//
// # For other backends
//
// [Filter.Scope] bounds a condition in terms of a kernel program, [Split]
// takes out what a backend can evaluate, [Filter.Explain] says who decides
// what.
package filter
