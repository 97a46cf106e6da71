// Package grid is the sheet of cells that the screens are drawn on.
//
// A [Grid] holds one cell for each column of each line. Drawing goes through an
// [Area], a rectangle of the grid that clips what is drawn; areas are cut into
// smaller ones as a screen is divided. [Grid.Encode] writes the whole sheet as
// the text with SGR sequences that Bubble Tea takes.
//
// Styles name tones (what a thing means), not colours; a [Palette] says which
// colour a tone has, so a theme is a palette and nothing else.
//
// [Area.Text] makes everything safe on its way into a cell: there is no other
// door, and so no text from outside can carry an escape sequence to the
// terminal, whoever draws it.
package grid
