package event

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

// flags.tsv holds the names of flags and of numbers; its head says how to read
// it.
//
//go:embed flags.tsv
var flagsTSV string

// The sets that code refers to; the rest are named by types.tsv.
const (
	setOpen   = "open"
	setExec   = "exec"
	setPerm   = "perm"
	setErrno  = "errno"
	setSignal = "signal"
	setCap    = "cap"
)

// OpenCreated is the flag that a source adds to the flags of an open that made
// the file (the kernel's FMODE_CREATED): evt.is_open_create tells by it.
const OpenCreated = 1 << 32

// unnamed is the name of bits that are not shown.
const unnamed = "-"

type flagName struct {
	name        string
	value, mask uint64
}

// flagSets are the sets of flags.tsv by name. They are filled before types.tsv
// is read (init in type.go).
var flagSets = map[string][]flagName{}

func loadFlags() error {
	set := ""
	for n, line := range strings.Split(flagsTSV, "\n") {
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			set = strings.Trim(line, "[]")
			if flagSets[set] != nil {
				return fmt.Errorf("flags.tsv:%d: set %s is there twice", n+1, set)
			}
		default:
			f, err := parseFlag(line)
			if err != nil || set == "" {
				return fmt.Errorf("flags.tsv:%d: want NAME and VALUE[/MASK] in a set, have %q", n+1, line)
			}
			flagSets[set] = append(flagSets[set], f)
		}
	}
	for _, f := range flagSets[setErrno] {
		if errnoNames[f.value] == "" {
			errnoNames[f.value] = f.name
		}
	}
	return nil
}

func parseFlag(line string) (f flagName, err error) {
	name, number, _ := strings.Cut(line, "\t")
	value, mask, masked := strings.Cut(number, "/")
	f.name = name
	if f.value, err = strconv.ParseUint(value, 0, 64); err != nil {
		return f, err
	}
	f.mask = f.value
	if masked {
		f.mask, err = strconv.ParseUint(mask, 0, 64)
	}
	return f, err
}

// FlagNames writes flags by name, joined by |, with the bits that have none in
// hexadecimal at the end: O_RDONLY|O_CLOEXEC. It is empty when no bit is set
// and the set has no name for that. An unknown set has no names.
func FlagNames(set string, v uint64) string {
	var room [128]byte
	b := room[:0]
	rest := v
	for _, f := range flagSets[set] {
		if f.name == unnamed {
			rest &^= f.mask
			continue
		}
		if f.mask == 0 || v&f.mask != f.value {
			continue
		}
		b = appendFlag(b, f.name)
		rest &^= f.mask
	}
	if rest != 0 {
		b = appendFlag(b, "0x")
		b = strconv.AppendUint(b, rest, 16)
	}
	return string(b)
}

func appendFlag(b []byte, name string) []byte {
	if len(b) > 0 {
		b = append(b, '|')
	}
	return append(b, name...)
}

// EnumName returns the name of a number, "" when it has none. Where the set's
// names stand for some bits of the number only, the others are not looked at.
func EnumName(set string, v uint64) string {
	for _, f := range flagSets[set] {
		if v == f.value || f.mask != f.value && v&f.mask == f.value {
			return f.name
		}
	}
	return ""
}

// SetNames returns the names of a set in their order; nil for an unknown set.
func SetNames(set string) []string {
	var names []string
	for _, f := range flagSets[set] {
		if f.name != unnamed {
			names = append(names, f.name)
		}
	}
	return names
}

// maxErrno is the largest error number that a system call returns
// (MAX_ERRNO, include/linux/err.h).
const maxErrno = 4095

var errnoNames [maxErrno + 1]string

// Failed reports whether a result is an error: what lies below -maxErrno is an
// address.
func Failed(res int64) bool { return res < 0 && res >= -maxErrno }

// ErrnoName returns the name of a result's error, "" when it is none; an error
// without a name is written as E and its number.
func ErrnoName(res int64) string {
	if !Failed(res) {
		return ""
	}
	if name := errnoNames[-res]; name != "" {
		return name
	}
	return "E" + strconv.FormatInt(-res, 10)
}

// SignalName returns the name of a signal, "" for 0 and for numbers above 64.
func SignalName(n int64) string {
	switch {
	case n >= 32 && n <= 64:
		return "SIGRT" + strconv.FormatInt(n-32, 10)
	case n > 0 && n < 32:
		return EnumName(setSignal, uint64(n))
	}
	return ""
}

// CapNames writes a capability set as Falco does: names separated by blanks,
// by number.
func CapNames(set uint64) string {
	var b []byte
	for _, f := range flagSets[setCap] {
		if set&(1<<f.value) == 0 {
			continue
		}
		if len(b) > 0 {
			b = append(b, ' ')
		}
		b = append(b, f.name...)
	}
	return string(b)
}
