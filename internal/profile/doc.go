// Package profile maps documents onto events: what one kind of JSON document
// calls its members, where they lie, and which fields they are.
//
// A [Profile] is data (the YAML files in profiles, embedded, and the users' own,
// see [Load]): for each field the places of a document that its value comes
// from, in order of preference. A [Mapper] turns one document after another into
// rows of an [event.Tables]: the process and its ancestors, the file or socket,
// the container and the alert are interned, so that a filter decides once for
// each distinct one. What no table holds stays in the document, which travels
// with its event and is read by the same places when somebody asks
// ([Profile.Docs]).
//
// [Detect] says which profiles read some documents; a [Binding] says of a field
// where and how an index of such documents stores it, so that a server can be
// asked for it ([Binding.Stored]).
//
// Documents are hostile. A Mapper bounds their nesting, takes no number on
// trust, and says of a document that it cannot read where and why ([Error]).
// Members may lie in objects or have dots in their names, in any mixture. Of
// members that are there twice the last one counts, as in most readers of JSON.
// Where one text is expected, an array is shown as its members with commas between
// them, and where one number, as its first; a filter looks at each of them
// ([event.Field.Several]), and an empty array is no value. Bytes that are not UTF-8 are kept: paths and
// arguments may hold them.
package profile
