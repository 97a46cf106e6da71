// Package query makes a source of a SIEM: the events that an index of
// Elasticsearch, OpenSearch or Logz.io holds.
//
// [Open] connects ([conn]), asks what the indices can do ([mapping]), and finds
// out by a sample which profiles read their documents. [SIEM.Run] then reads:
// everything, oldest first, for whoever prints or records; or the newest page
// and older ones on demand ([source.Pager]) for the screen. With Follow it goes
// on with what arrives, up to five minutes late, each document once.
//
// The filter of a request is evaluated by the server as far as it can
// ([dsl.Compile]); it may let too much through.
//
// What went wrong on the way — a server that was away, shards that did not
// answer, documents that no profile knows — is in the notes of [SIEM.Stats];
// reading goes on wherever it can.
package query
