// Package load makes system calls at a known rate and counts exactly what it
// made: the other side of every measure of tax and loss. The generator is a
// static C program of our own (c/), so that one round costs what its calls cost
// and it runs in any container; this package compiles and drives it.
//
//	program, err := load.Build(dir)
//	run, err := load.Start(ctx, program, "watched", "--rate", "1e6", "--duration", "10")
//	// attach, then
//	result, err := run.Go()
//	fmt.Println(result.Made["openat"])
//
// Modes, by round: getppid; file (openat, read, close); exec (fork, execve,
// wait); watched (one watched event: an absent file opened or deleted, a signal
// 0, a chmod); deeds (create, rename, chmod, delete, mkdir, rmdir, connect and
// accept, setresuid, in turn, with the number of the turn in the names).
package load
