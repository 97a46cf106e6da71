package bpf

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// ArgKind says what an argument is and thus which part comes with it (enum arg_kind).
type ArgKind uint8

// The kinds of argument. ArgStruct|n is a structure of 8*n bytes.
const (
	ArgRaw     ArgKind = 0
	ArgFD      ArgKind = 1
	ArgPath    ArgKind = 2
	ArgStr     ArgKind = 3
	ArgDirFD   ArgKind = 4
	ArgAddr    ArgKind = 5
	ArgAddrOut ArgKind = 6
	ArgFDPair  ArgKind = 7
	ArgMsg     ArgKind = 8
	ArgBuf     ArgKind = 9
	ArgIOV     ArgKind = 10
	ArgArgv    ArgKind = 11
	ArgStruct  ArgKind = 0x80
)

// What else a recipe asks for (R_* in src/maps.h). The low three bits count the arguments.
const (
	retFD     = 0x0008
	withCreds = 0x0010
	withNS    = 0x0020
	ifWrite   = 0x0040
	protExec  = 0x0080
	withCwd   = 0x0100
	ifSuccess = 0x0200
	isExec    = 0x0400
	flowsOut  = 0x0800
	withTask  = 0x1000
	onlyNames = 0x2000
	isDeed    = 0x8000 // of this package only: becomes struct call.flags
)

// Recipe says what the record of a syscall holds.
type Recipe struct {
	Name string
	Args []ArgKind
	what uint16
}

// RetFD tells that the result is a descriptor, described under RoleRet.
func (r *Recipe) RetFD() bool { return r.what&retFD != 0 }

// Deed tells that the call belongs to the deeds that every container's ring keeps.
func (r *Recipe) Deed() bool { return r.what&isDeed != 0 }

// Out tells that payload leaves the process.
func (r *Recipe) Out() bool { return r.what&flowsOut != 0 }

// encode gives struct call.recipe: flags and count, then a byte an argument.
// Without payload its kinds are left out, so that the programs need not ask.
func (r *Recipe) encode(compat, payload bool) uint64 {
	v := uint64(r.what&^isDeed) | uint64(len(r.Args))
	if !slices.ContainsFunc(r.Args, func(k ArgKind) bool { return k != ArgRaw && k != ArgPath && k != ArgDirFD }) {
		v |= onlyNames
	}
	for i, k := range r.Args {
		if compat && (k == ArgMsg || k == ArgIOV || k == ArgArgv) {
			k = ArgRaw // their pointers are narrower there
		}
		if !payload && (k == ArgBuf || k == ArgIOV) {
			k = ArgRaw
		}
		v |= uint64(k) << (16 + 8*i)
	}
	return v
}

//go:embed recipes.tsv
var recipesTSV string

var argKinds = map[string]ArgKind{
	"-": ArgRaw, "fd": ArgFD, "path": ArgPath, "str": ArgStr, "dirfd": ArgDirFD, "addr": ArgAddr,
	"addrout": ArgAddrOut, "fdpair": ArgFDPair, "msg": ArgMsg, "buf": ArgBuf, "iov": ArgIOV, "argv": ArgArgv,
}

var recipeFlags = map[string]uint16{
	"retfd": retFD, "creds": withCreds, "ns": withNS, "write": ifWrite, "protexec": protExec, "cwd": withCwd,
	"success": ifSuccess, "exec": isExec, "out": flowsOut, "task": withTask, "deed": isDeed,
}

func parseRecipe(line string) (*Recipe, error) {
	cells := strings.Split(strings.TrimSpace(line), "\t")
	if len(cells) < 2 {
		return nil, fmt.Errorf("recipe %q: want name, arguments and flags in columns", line)
	}
	r := &Recipe{Name: cells[0]}
	for _, w := range strings.Fields(cells[1]) {
		if w == "none" {
			continue
		}
		k, ok := argKinds[w]
		if n, found := strings.CutPrefix(w, "struct"); found {
			size, err := strconv.Atoi(n)
			k, ok = ArgStruct|ArgKind(size), err == nil && size > 0 && size < 128
		}
		if !ok {
			return nil, fmt.Errorf("recipe of %s: no kind of argument is called %q", r.Name, w)
		}
		r.Args = append(r.Args, k)
	}
	if len(cells) > 2 {
		for _, w := range strings.Fields(cells[2]) {
			bit, ok := recipeFlags[w]
			if !ok {
				return nil, fmt.Errorf("recipe of %s: no flag is called %q", r.Name, w)
			}
			r.what |= bit
		}
	}
	if len(r.Args) > 6 {
		return nil, fmt.Errorf("recipe of %s: %d arguments", r.Name, len(r.Args))
	}
	return r, nil
}

// Recipes are all recipes by the name of their syscall (recipes.tsv).
var Recipes = sync.OnceValue(func() map[string]*Recipe {
	all := make(map[string]*Recipe)
	for line := range strings.Lines(recipesTSV) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		r, err := parseRecipe(line)
		if err != nil {
			panic(err) // the embedded table is tested
		}
		all[r.Name] = r
	}
	return all
})

// anyCall is what is known of a syscall without a recipe: six raw arguments.
var anyCall = &Recipe{Args: make([]ArgKind, 6)}

// RecipeOf is the recipe of a named syscall. The wide variants of 32-bit tables
// (chown32, fstat64, mmap2, …_time64) share the one of the plain name.
func RecipeOf(name string) *Recipe {
	for _, suffix := range []string{"", "32", "64", "2", "_time64"} {
		if plain, ok := strings.CutSuffix(name, suffix); ok {
			if r := Recipes()[plain]; r != nil {
				return r
			}
		}
	}
	return anyCall
}

// CallEntry is a value of the calls and calls32 maps (struct call).
type CallEntry struct {
	Recipe uint64
	Flags  uint32
	_      uint32
}

// Flags of a CallEntry.
const (
	CallWatch  uint32 = 1 // wanted by a filter or a rule
	CallDeed   uint32 = 2 // belongs to the deeds
	CallFollow uint32 = 4 // leads the process table: not narrowed by user and name
)

// CallTable is the content of the calls map (or calls32) for the table a, by
// syscall number, with CallWatch and CallFollow as flags says of a call. payload
// tells whether records are to hold what is read and written.
func CallTable(a Arch, flags func(name string) uint32, payload bool) []CallEntry {
	t := loadNumbers()[a]
	out := make([]CallEntry, MaxCalls)
	for nr := range out {
		name := ""
		if t != nil {
			name = t.names[nr]
		}
		r := RecipeOf(name)
		out[nr].Recipe = r.encode(a == I386 || a == ARM, payload)
		if name != "" && r.Deed() {
			out[nr].Flags |= CallDeed
		}
		if name != "" {
			out[nr].Flags |= flags(name) & (CallWatch | CallFollow)
		}
	}
	return out
}
