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
//   - An array is indexed as its members, in no order, and so are the members of
//     objects in an array.
//
// # Why nothing is lost
//
// A query is built of the upper bounds of the filter's parts, so that it finds a
// superset of the events by construction, as long as each check's bounds are
// right. That they are rests on these rules, which hold whatever the documents are:
//
//   - What is compared is what the index has of the very value that is compared
//     here. Where it may have another one (a text that was analysed or changed by
//     a normalizer, a number made of a text, a time cut to milliseconds, a field
//     whose type differs between indices) the upper bound is that there is anything.
//   - What an index may not have of a value (longer than ignore_above, malformed,
//     in an object that is not indexed, in a nested one, beyond the bound of fields)
//     belongs to every upper bound and to no lower one.
//   - Where one value is expected and a document has several, a check holds here if
//     it does for one of them, and != if it does for all: what term, range,
//     wildcard, regexp and exists say of such a document, and a "not" around them.
//   - A value that follows from others (cut out, joined, counted) is only asked
//     for what it follows from, and the profile lists all of these.
//   - What a request has no room for is left out of an "and", never of an "or", and
//     never below a "not" ([Plan]).
//
// Lower bounds obey the same rules the other way round; so an exact part, whose
// bounds are one query, is what the evaluator here finds. The tests hold both
// against real servers, on made-up documents and filters.
//
// There is one exception, of OpenSearch: it does not say that a value was longer
// than ignore_above. Of a list where one value is expected, some of which are short
// enough for a multi-field and some are not, it finds the short ones alone.
package dsl
