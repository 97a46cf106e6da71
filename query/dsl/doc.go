// Package dsl turns a filter into a request that a SIEM can evaluate: the Query
// DSL that Elasticsearch and OpenSearch share.
//
// A filter's meaning is Falco's: a missing field makes every check false, "!="
// included, and "not" turns that into true. What an index can tell of it depends
// on how the documents hold a field ([profile.Stored]) and how the index holds
// their members ([mapping.Field]). So each part of a filter is translated into
// two queries: one that finds at least the documents that the part holds for,
// and one that finds none that it does not hold for ([bound]). Under a "not"
// they change places. Where both are the same the index decides the part
// exactly; the rest is finished by the client, and never finds too little.
//
// # What is known of the servers
//
//   - exists finds no document whose value was longer than ignore_above, or
//     malformed: those are named in _ignored.
//   - case_insensitive folds ASCII alone, as Falco's icontains and iglob do.
//   - Terms are ordered by their UTF-8 bytes, as texts are here.
//   - wildcard's * and ? stand for characters, fnmatch's for bytes. regexp is
//     Lucene's own syntax, always of the whole term.
//   - A bool query may be nested 30 deep (indices.query.bool.max_nested_depth),
//     a terms query may hold 65,536 terms (index.max_terms_count), a regexp
//     1,000 characters (index.max_regex_length).
//   - An array is indexed as its members, in no order.
package dsl
