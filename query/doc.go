// Package query makes a source of a SIEM: the events that an index of
// Elasticsearch, OpenSearch or Logz.io holds.
package query
