// Package rulestest plays what our own rules are about in real containers on
// the real kernel, each deed under innocent names and beside a harmless one
// that looks alike, and holds the rules that fire against those that should.
package rulestest
