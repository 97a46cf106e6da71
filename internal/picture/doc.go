// Package picture draws a screen of cells as SVG, for documents.
package picture
