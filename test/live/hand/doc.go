// Command hand does in a container, one at a time, the deeds that Falco's stable
// rules tell of: hand DEED [ARGUMENT…]. Links to it give it other names.
package main
