// Package ship writes events into a data stream of Elasticsearch or OpenSearch,
// as the documents of [profile.Writer]: at least once on the way, and once in the
// index.
//
// A [Shipper] is a sink. Each event becomes a document with an id of its own
// (ids.go): made of what its number counts and the number, so that an event
// which is sent a second time, even by another process, has the same id and is
// not taken again (409). Where the stream has rolled over meanwhile, and an older
// index may hold it, ids are looked up first (backing.go).
//
// Documents are gathered to batches, and a batch is in the spool on disk before
// it is sent (spool.go). What a process that was killed had not delivered is sent
// by the next one. Senders, more of them the more waits, try again for as long as
// the server is busy or away (send.go). Documents that the server refuses for
// their content are counted and kept in a file beside the spool (refused.go).
//
// [Open] installs an index template, and a policy for the indices' lifecycle
// where the server has such, when they are missing (template.go).
package ship
