// Package compare says what only one container does: against its siblings, the
// other containers of the same image, or where there are none against its own
// past.
//
// What is compared is data ([Aspects], aspects.yaml): the programs that it runs,
// the files that it touches, the peers that it talks to, the calls that it makes.
// Everything is asked as panels of a dashboard, so that whoever holds the events
// counts: the store for those that are here, a SIEM for those that are there.
//
// A value that holds a number of its own (a pid, a temporary name) stands for all
// of its pattern, so that /proc/4711/stat is not taken for something new.
//
// What nobody recorded cannot be told from what did not happen: a [Report] has
// how much was seen of either side, and notes where that was little.
package compare
