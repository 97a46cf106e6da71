// Package shot turns the cells of an emulated terminal into a picture: an SVG
// file in which every run of equal cells is one text element, for the README
// and for looking at what a screen has become.
package shot
