// Package testdata finds the test data that the project does not carry: cases
// and captures of others, under their own licences. The environment variable
// STOOP_DATA names the folder; without it, it is ../shared/data beside the
// module's root.
package testdata
