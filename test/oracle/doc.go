// Package oracle has strace's word for what a program did, to compare with
// stoop's: [Run] and [Attach] trace real processes, [Parse] reads what
// `strace -f -yy -ttt -T -o FILE` wrote (strace 5 and 6, also with -v, without
// -T or -ttt, and with one process only).
//
//	for _, r := range oracle.Run(t, oracle.Options{}, "cat", "/etc/hostname") {
//		if r.Name == "openat" {
//			path, _ := r.Args[1].Text()
//			fmt.Println(path, r.Args[2].Flags(), r.Return.Int, r.Errno)
//		}
//	}
//
// The form of a line is that of strace(1), the names of flags and structures
// those of the kernel's headers. A line that is not understood is an error: an
// oracle that leaves things out proves nothing.
package oracle
