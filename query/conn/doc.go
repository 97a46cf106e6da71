// Package conn connects to a search server: Elasticsearch 8 and 9, OpenSearch 2
// and 3, Logz.io.
//
// [Open] finds out where the server is ([config.SIEM]: an address such as
// es://host:9200/falco-*, or a server by name), how to be let in (an API key, a
// bearer token, a name and password, a client certificate; from the
// environment, a file or a command, never from the address), and what it is. A
// [Conn] sends requests through Elastic's own client; where another product
// answers differently, [dialect] meets it. Requests are tried again while the
// server is busy or away, as long as the caller has patience.
//
// What goes wrong is an [*Error]: one sentence with what, where and what to do.
// No secret is ever part of one.
package conn
