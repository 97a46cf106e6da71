// Package recording keeps events on disk and opens files of events: our own
// recordings and, through package profile, what others write.
//
// # The format
//
// A recording is a header of 64 bytes and blocks behind it, each a header of
// 64 bytes and a payload that is padded to 8 (blockHeader has the layout).
// Everything is little-endian. Blocks are only ever appended:
//
//	meta        who recorded, where and when (JSON, [Meta])
//	tables      a new [event.Tables]: its source and how its documents are read (JSON)
//	layout      the names and types of the rows' members, in the order in which rows have them (JSON)
//	strings, containers, objects, processes, alerts
//	            the rows that a Tables got since its last such block
//	names       domain names of the addresses in the objects before
//	changed     containers whose row was replaced
//	events      up to 65536 events of one Tables, a column after the other
//	stats       what was counted and lost so far (JSON)
//	end         the recording was closed in order
//
// Rows stand before the events that refer to them, so a recording can be read
// while it is written, over a pipe, and up to the place where it was cut. The
// events' columns lie on disk as they do in memory: a mapped file's batches
// are the file's pages, and opening one costs a header a block. Rows name
// their members once, in the layout block, so that a recording stays readable
// when a later version adds members or drops some.
//
// Events keep their numbers when all of a source are recorded. Where some were
// left out, by a filter, the others are numbered without gaps.
//
// # Damage
//
// A header and a payload each have a CRC-32C. A damaged events block is left
// out and its events counted as lost; behind any other damage nothing can be
// told apart any more, and reading ends there. Ids are checked against the
// rows that are there once a block. Nothing in a file makes a reader panic or
// take memory that is not in proportion to the file.
package recording
