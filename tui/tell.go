package tui

import (
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// teller writes what a verb alone does not say.
type teller func(r reader, row event.Row) []piece

// tellers has the types that read better in a form of their own.
var tellers = map[string]teller{
	"clone": tellFork, "clone3": tellFork, "fork": tellFork, "vfork": tellFork,
	"procexit": tellExit,
	"sendto":   tellBytes, "sendmsg": tellBytes, "recvfrom": tellBytes, "recvmsg": tellBytes,
	"read": tellBytes, "write": tellBytes, "pread64": tellBytes, "pwrite64": tellBytes,
	"readv": tellBytes, "writev": tellBytes, "sendfile": tellBytes,
}

// tellFork says which process or thread was made; in that one the call
// returns 0.
func tellFork(r reader, row event.Row) []piece {
	if row.B == nil || row.B.Bits[row.I]&event.HasRes == 0 {
		return nil
	}
	switch res := row.B.Res[row.I]; {
	case res > 0:
		what := "process "
		if strings.Contains(r.first(row, "evt.arg[flags]"), "CLONE_THREAD") {
			what = "thread "
		}
		return []piece{{" → ", styDim}, {what + itoa64(res), styText}}
	case res == 0 && int64(row.B.TID[row.I]) != int64(row.P().PID):
		return []piece{{" → ", styDim}, {"this thread", styText}}
	case res == 0:
		if parent := r.first(row, "proc.pname"); parent != "" {
			return []piece{{" by ", styDim}, {parent, styText}}
		}
		return nil
	}
	return r.outcome(row, true)
}

// tellExit says with which status a process ended, or by which signal.
func tellExit(r reader, row event.Row) []piece {
	if sig := r.first(row, "evt.arg[sig]"); sig != "" && sig != "0" && sig != "-1" {
		return []piece{{" by ", styDim}, {sig, styWarn}}
	}
	switch ret := r.first(row, "evt.arg[ret]"); ret {
	case "":
		return nil
	case "0":
		return []piece{{" 0", styDim}}
	default:
		return []piece{{" " + ret, styWarn}}
	}
}

// tellBytes says how much was read or written.
func tellBytes(r reader, row event.Row) []piece {
	if row.B == nil || row.B.Bits[row.I]&event.HasRes == 0 {
		return nil
	}
	if n := row.B.Res[row.I]; n >= 0 {
		return []piece{{"  " + size(n), styDim}}
	}
	return r.outcome(row, true)
}
