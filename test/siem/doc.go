// Package siem starts real search servers for tests: Elasticsearch 8 and 9 with
// security, API keys and TLS, and OpenSearch 3, on free ports of the loopback
// interface, with a heap of 512 MB.
//
// The servers' parts come from Maven Central the first time and stay in the
// user's cache (Elasticsearch's are under Elastic's licence, which is why the
// project does not carry them). server/run.sh lays them out and starts a node
// in the foreground; it needs Maven and a JDK: 17 for Elasticsearch 8, which
// Debian has, 21 for the others, which skip where there is none.
//
// A server takes about ten seconds to start. [Shared] hands all tests of one
// run, across packages, the same one, which ends half a minute after the last
// of them; its users keep to indices of their own ([Server.Index]). A test that
// kills its server takes one of its [Own]. [Server.Proxy] stands before a server
// and misbehaves when it is told to.
package siem
