// Package paint puts frames on a terminal: the first one whole, of the later
// ones what has changed.
//
// Bubble Tea's own renderer looks for a new frame at the ticks of a clock. At
// 60 ticks a second a key's frame waits up to 17 ms, and a screen on which
// nothing happens costs a process that wakes up 60 times a second for nothing.
// A [Painter] paints a frame as soon as it comes, unless the last one was less
// than an interval ago, and sleeps when none does. The differences between
// frames are worked out by the library that Bubble Tea uses for it.
package paint
