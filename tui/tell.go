package tui

import (
	"strconv"
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
	"pluginevent": tellRequest, "log": tellLine, "connection": tellTraffic,
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

// tellRequest says who asked the API server for what.
func tellRequest(r reader, row event.Row) []piece {
	target := r.first(row, "ka.target.name")
	if sub := r.first(row, "ka.target.subresource"); sub != "" {
		target += "/" + sub
	}
	var ps []piece
	for i, text := range []string{r.first(row, "ka.user.name"), r.first(row, "ka.verb"), r.first(row, "ka.target.resource"), target} {
		st := styText
		if i == 1 {
			st = styAccent
		}
		if text != "" {
			ps = append(ps, piece{" ", styText}, piece{text, st})
		}
	}
	return ps
}

// tellLine is what a container wrote.
func tellLine(r reader, row event.Row) []piece {
	return []piece{{" ", styText}, {r.first(row, "log.message"), styText}}
}

// tellTraffic says how much went which way.
func tellTraffic(r reader, row event.Row) []piece {
	var ps []piece
	for _, way := range [][2]string{{"net.bytes_sent", "  ↑"}, {"net.bytes_received", "  ↓"}} {
		if n, err := strconv.ParseInt(r.first(row, way[0]), 10, 64); err == nil {
			ps = append(ps, piece{way[1] + size(n), styDim})
		}
	}
	return ps
}
