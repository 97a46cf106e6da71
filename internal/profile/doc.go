// Package profile maps documents onto events: what one kind of JSON document
// calls its members, where they lie, and which fields they are.
//
// A [Profile] is data (the YAML files beside this one, embedded). A [Mapper]
// turns one document after another into rows of an [event.Tables]: the process
// and its ancestors, the file or socket, the container and the alert are
// interned, so that a filter decides once for each distinct one. What no table
// holds stays in the document, which travels with its event and is read when
// somebody asks ([Profile.Docs]).
//
// Documents are hostile. A Mapper bounds their nesting, takes no number on
// trust, and says of a document that it cannot read where and why ([Error]).
// Of members that are there twice the last one counts, as in most readers of
// JSON. Bytes that are not UTF-8 are kept: paths and arguments may hold them.
package profile
