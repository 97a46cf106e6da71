// Package livetest holds the live source against what others say of the same
// deeds. It needs root, strace, a C compiler, containerd and runc.
//
// # The actor
//
// actor/ is a static C program that plays scenes, each a run of system calls of
// one kind, some of which fail. The tests run it in a pod, where strace follows
// it from the host, and let stoop watch at the same time. Every call that strace
// reports must come out of stoop, once, in its place in its thread, with the
// same result and the same arguments, and nothing else may come out.
//
// # The oracles
//
// Of calls and their arguments strace (package oracle); of processes and users
// /proc; of containers and pods the runtime, by its CRI socket; of counts the
// generator that made the calls (package load). A field without a value fails
// where its oracle has one.
package livetest
