// Package bpf holds the kernel programs of stoop's live source, their compiled
// objects and the format of the records that they write.
//
// The C is in src/, one concern a file; `make generate` compiles it with
// clang-19 into the committed objects and Go bindings. src/record.h defines the
// raw record; [Record] and [Cursor] read it without copying and without trust:
// a record that is cut or lies about its lengths yields an error, never a panic.
//
// # What a record of each kind holds
//
// The header ([Header]) is the same for all: when, who (process = pid + start,
// image = + exec generation), where (cgroup), which syscall, which result.
// After it come up to six raw arguments and then tagged parts ([Part]):
//
//   - KindSyscall: what recipes.tsv ([Recipes]) names for that
//     syscall, each with the index of its argument as role: descriptors as
//     PartFile + PartPath or PartSock (+ PartUnix), names as PartString, marked
//     [PartArgument], with the directory that they are relative to as another
//     PartFile + PartPath of the role of the directory descriptor or [RoleCwd].
//     Calls that change credentials carry PartCreds and PartCaps as they are
//     afterwards, those that change namespaces PartNS.
//   - KindExec: PartTask, PartCreds, PartCaps, PartNS, PartExe, PartFile and
//     PartPath of [RoleExe] and [RoleCwd], PartFile of [RoleStdin] and
//     [RoleStdout] (with PartPath or PartSock), PartArgv, PartEnv.
//   - KindFork: the header is the parent; PartChild, and PartTask of [RoleChild].
//   - KindExit: PartExit. ret is the wait status.
//   - KindURingSubmit: PartURing and what the opcode names, as for a syscall.
//   - KindURingComplete: PartURing (ctx, req, user_data); ret is the result.
//
// All times are nanoseconds of CLOCK_BOOTTIME, all ids are those of the first
// (host) namespaces unless a field says otherwise, all integers are in the
// node's byte order (little endian on amd64 and arm64).
package bpf
