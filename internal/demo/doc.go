// Package demo holds the built-in demo: a real incident in a pod, recorded by
// stoop. The folder test/incident has the program that played it, and says
// how the recording is made anew.
package demo

import _ "embed"

// Recording is the incident's recording; package recording reads it.
//
//go:embed incident.stoop.zst
var Recording []byte
