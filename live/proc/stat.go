//go:build linux

package proc

import (
	"bytes"
	"errors"
	"strconv"
)

// stat is what this package reads of /proc/PID/stat (proc(5)).
type stat struct {
	comm             []byte
	ppid, pgid, sid  int32
	tty              int32
	flags            uint32
	startTicks       uint64 // USER_HZ since boot
	argStart, argEnd uint64
}

const pfKthread = 0x00200000 // PF_KTHREAD, linux/sched.h

var errStat = errors.New("not a stat line")

// parseStat reads a line of /proc/PID/stat. The name may hold any byte,
// brackets and newlines included: it ends at the last closing bracket.
func parseStat(line []byte) (s stat, err error) {
	open, end := bytes.IndexByte(line, '('), bytes.LastIndexByte(line, ')')
	if open < 0 || end < open || end+2 > len(line) {
		return s, errStat
	}
	s.comm = line[open+1 : end]
	f := bytes.Fields(line[end+1:])
	if len(f) < 20 {
		return s, errStat
	}
	// f[0] is the third field of the manual, the state.
	s.ppid, s.pgid, s.sid, s.tty = int32(num(f[1])), int32(num(f[2])), int32(num(f[3])), int32(num(f[4]))
	s.flags = uint32(num(f[6]))
	s.startTicks = num(f[19])
	if len(f) > 46 {
		s.argStart, s.argEnd = num(f[45]), num(f[46])
	}
	return s, nil
}

// num reads a decimal number; what is none counts as 0.
func num(b []byte) uint64 {
	neg := len(b) > 0 && b[0] == '-'
	if neg {
		b = b[1:]
	}
	var n uint64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0
		}
		n = n*10 + uint64(c-'0')
	}
	if neg {
		return -n
	}
	return n
}

// status is what this package reads of /proc/PID/status.
type status struct {
	tgid               int32
	uid, gid           [4]uint32 // real, effective, saved, filesystem
	capInh, capPrm     uint64
	capEff             uint64
	nspid, nspgid      int32 // in the innermost namespace
	nssid              int32
	nsDepth            int // pid namespaces that the process is in, below and with ours
	hasCaps, hasNSpids bool
}

// parseStatus reads /proc/PID/status. Unknown lines are passed over.
func parseStatus(text []byte) (s status) {
	for len(text) > 0 {
		line, rest, _ := bytes.Cut(text, []byte{'\n'})
		text = rest
		key, val, ok := bytes.Cut(line, []byte{':'})
		if !ok {
			continue
		}
		switch string(key) {
		case "Tgid":
			s.tgid = int32(num(bytes.TrimSpace(val)))
		case "Uid":
			four(&s.uid, val)
		case "Gid":
			four(&s.gid, val)
		case "CapInh":
			s.capInh = hexNum(val)
		case "CapPrm":
			s.capPrm = hexNum(val)
		case "CapEff":
			s.capEff, s.hasCaps = hexNum(val), true
		case "NSpid":
			s.nspid, s.nsDepth = last(val)
			s.hasNSpids = s.nsDepth > 0
		case "NSpgid":
			s.nspgid, _ = last(val)
		case "NSsid":
			s.nssid, _ = last(val)
		}
	}
	return s
}

func four(dst *[4]uint32, val []byte) {
	for i, f := range bytes.Fields(val) {
		if i < 4 {
			dst[i] = uint32(num(f))
		}
	}
}

func hexNum(val []byte) uint64 {
	n, err := strconv.ParseUint(string(bytes.TrimSpace(val)), 16, 64)
	if err != nil {
		return 0
	}
	return n
}

func last(val []byte) (n int32, count int) {
	f := bytes.Fields(val)
	if len(f) == 0 {
		return 0, 0
	}
	return int32(num(f[len(f)-1])), len(f)
}
