// Package terminal runs a program in a terminal emulator over a pty, as a user
// would, and looks at the screen: for end-to-end tests, for measuring what is
// written for a change, and for the pictures in the documentation.
package terminal
