// Package falcogen makes alerts as Falco writes them, to measure and to test
// with: many containers, command lines, paths and connections, spread as on a
// busy cluster — few of each are frequent, most are rare.
package falcogen
