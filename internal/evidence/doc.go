// Package evidence takes the program files of processes of this node before
// they are gone: through /proc/PID/exe even a file that was deleted, or never had
// a name, can be read as long as its process lives. Each is hashed (SHA-256), and
// kept within bounds under its hash, so that the same file is kept once.
//
// In the folder lie SHA256.sample, the files, which nobody may execute, and
// evidence.jsonl, one line for each process that was asked for.
package evidence
