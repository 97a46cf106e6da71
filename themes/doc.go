// Package themes holds the colours of the screen as data and reads them.
//
// A theme is a TOML file that gives a colour to each key of [Keys]. Keys say
// what a thing means (tone.alarm, priority.critical, category.net), never how
// it looks. Two themes are built in, peregrine (dark) and gyrfalcon (light);
// users put theirs in the folder that [Dir] names, where a file may extend
// another theme and give only what it changes:
//
//	summary = "peregrine on the terminal's own ground"
//	extends = "peregrine"
//
//	[palette]
//	sea = "#6fb7a8"
//
//	[tone]
//	base   = "none"
//	accent = "sea"
//
// Colours are written for 24 bits; what a terminal cannot show is reduced by
// the renderer. The built-in themes keep the contrast that [Keys] asks for, and
// keep warm, strong colours for alerts, so that the eye meets these first.
package themes
