// Package page reads what a query finds, a page at a time: in the order of a
// time field, newest or oldest first, each document once.
//
// Elasticsearch and OpenSearch keep a point in time for a [Reader] and go on
// behind the last hit's sort values (search_after) with a tiebreaker: a window
// of 10,000 hits is all that counting along (from) reaches. When the point in
// time has run out, or the server has lost it with a node, another one is made
// and reading goes on at the last time, leaving out the hits that were seen.
// Logz.io has a scroll instead, over two days at a time.
//
// Whoever reads everything has pages asked for ahead: the place behind a page is
// at the end of its answer, so that the server is at work again before anybody
// has looked through it (ahead.go).
//
// [Scan] finds the hits in an answer without decoding their documents, which
// stay as the server sent them.
package page
