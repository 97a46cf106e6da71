// Package clock turns the kernel's boot time into wall time, on Linux.
package clock
