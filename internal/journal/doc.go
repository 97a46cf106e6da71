// Package journal keeps lines in a file to which several processes append.
//
// A line is whole or not there: it is synced before [Journal.Append] returns, and
// one that was cut by a crash is left out by who reads, and does not spoil the
// next. Nothing that was written is ever written over.
package journal
