package event

import "strings"

// The process's ancestors (Falco's class proc, libs
// sinsp_filtercheck_thread.cpp). Index 0 is the process, 1 its parent; without
// an index a check holds when it holds for any ancestor.
var lineageFields = group("proc", HomeProc, FromLive|FromFalco, []Field{
	ancestors(Field{Name: "proc.aname", Kind: String, Doc: "proc.name of an ancestor."}, readName),
	ancestors(Field{Name: "proc.aexe", Kind: String, Doc: "proc.exe of an ancestor."}, readExe),
	ancestors(Field{Name: "proc.aexepath", Kind: String, Doc: "proc.exepath of an ancestor."}, readExePath),
	ancestors(Field{Name: "proc.acmdline", Kind: String, Doc: "proc.cmdline of an ancestor."}, readCmdline),
	ancestorArgs(),
	ancestorPid(),
	{
		Name: "proc.aenv", Kind: String, Arg: ArgIndex | ArgKey, Flags: NoRHS | NoTransformer,
		Doc:  "Environment of an ancestor: of the n-th with a number, of any without; with a name, that variable's value in the nearest ancestor that has it, at most 20 up.",
		Read: readAenv, Print: printAncestors(readEnv),
	},
	{
		Name: "proc.loginshellid", Kind: Int, Doc: "Process id of the oldest shell, a process whose name ends in sh, among the process and its ancestors: it tells one login from another.",
		Read: readLoginShell,
	},
})

const ancestorDoc = " With an index the n-th, 1 being the parent; without, any, and printed all of them."

func ancestors(f Field, read reader) Field {
	f.Arg, f.Flags = ArgIndex, NoRHS|NoTransformer
	f.Doc += ancestorDoc
	f.Read, f.Print = ofAncestors(read), printAncestors(read)
	return f
}

// ancestorArgs differs from the others in that Falco lets it stand right of
// an operator.
func ancestorArgs() Field {
	f := ancestors(Field{Name: "proc.aargs", Kind: String, Doc: "proc.args of an ancestor."}, readProcArgs)
	f.Flags = 0
	return f
}

// ancestorPid prints the process itself when no index is given, as Falco does.
func ancestorPid() Field {
	f := ancestors(Field{Name: "proc.apid", Kind: Int}, readPid)
	f.Doc = "proc.pid of an ancestor. With an index the n-th, 1 being the parent; without, any, and printed the process's own."
	f.Print = func(r Row, a Arg) (Value, bool) {
		if !a.Set {
			return readPid(r, a)
		}
		return f.Read(r, a)
	}
	return f
}

// maxEnvAncestors is how far Falco looks for a variable.
const maxEnvAncestors = 20

func readAenv(r Row, a Arg) (Value, bool) {
	if _, ok := a.number(); ok || !a.Set {
		return ofAncestors(readEnv)(r, a)
	}
	for n := 0; n < maxEnvAncestors; n++ {
		if r.Proc = r.P().Parent; r.Proc == 0 {
			break
		}
		if v, ok := readEnv(r, a); ok {
			return v, true
		}
	}
	return Value{}, false
}

func readLoginShell(r Row, _ Arg) (Value, bool) {
	shell := ProcID(0)
	id := r.Proc
	for n := 0; id != 0 && n < MaxAncestors; n++ {
		p := r.T.Proc(id)
		if p.Knows(KnowPID) && strings.HasSuffix(r.T.Text(p.Name), "sh") {
			shell = id
		}
		id = p.Parent
	}
	return IntValue(int64(r.T.Proc(shell).PID)), shell != 0
}
