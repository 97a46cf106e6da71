// Package own holds stoop's own rules and sequences: the files beside this one,
// one a theme, in the language of package rules and embedded in the program.
// They are what -r stoop means.
//
// 00_words.yaml has the lists and macros that the others use. Every name there
// begins with stoop_, and no rule has the name of one of Falco's, so that the
// files can be loaded beside Falco's in any order. The numbers of the files are
// the order in which they are read: where several rules hold for an event the
// first fires, so what is particular comes before what is general.
package own
