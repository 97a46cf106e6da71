// Package agg has a search server count what panels ask: it writes a panel as
// aggregations, and reads the answer back as a result.
//
// Terms, trends and heat maps are one request each; a table pages through a
// composite aggregation, since that alone tells all combinations. What a server
// approximates is said in the result's notes: terms beyond what its shards
// sent, numbers of different values, values too long to be indexed.
package agg
