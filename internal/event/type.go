package event

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

// Type is an event's type. Below [FirstOwn] it is a system call by its number
// on amd64, on every architecture; the rest are listed here. The numbers are
// in recordings and never change.
type Type uint16

// The types that are no system calls.
const (
	FirstOwn Type = 1024

	TypeUnknown   Type = FirstOwn + iota - 1 // an event whose document names no type
	TypeProcExit                             // a process ended (Falco's procexit)
	TypeIOUring                              // an io_uring operation that has no type of its own
	TypeLost                                 // events that were lost: how many, and where
	TypePlugin                               // a record of a Falco plugin: Kubernetes audit
	TypeContainer                            // a container came or went (Falco's container)
	TypeSignal                               // a signal was delivered (Falco's signaldeliver)
	TypeLog                                  // a line of a log
	TypeSwitch                               // Falco's switch; never made, only named in rules
	TypePageFault                            // Falco's page_fault
	TypeDrop                                 // Falco's drop
	TypeGeneric                              // a system call that this table has no name for; its number is an argument
	lastType
)

// TypeInfo describes a type.
type TypeInfo struct {
	Name     string
	Category string  // Falco's evt.category: file, net, process, memory, …
	Params   []Param // in the order in which arguments are encoded
}

// Param is one argument of a type.
type Param struct {
	Name string // Falco's where Falco has the type, else the kernel's
	Kind ParamKind
	Set  string // for ParamFlags and ParamEnum: which set of names, in flags.tsv
}

// ParamKind says how an argument is shown.
type ParamKind uint8

// The kinds of arguments and how they are named in types.tsv.
const (
	ParamInt   ParamKind = iota // int: signed decimal
	ParamUint                   // uint: decimal
	ParamHex                    // hex: 0x…
	ParamOct                    // mode: permission bits, 0644
	ParamFD                     // fd: descriptor number
	ParamPath                   // path: text, a path
	ParamText                   // text
	ParamBytes                  // bytes: data
	ParamFlags                  // flags:SET, names joined by |
	ParamEnum                   // enum:SET, one name
	ParamPID                    // pid
	ParamUID                    // uid
	ParamSig                    // signal
	ParamAddr                   // addr: a socket's address or connection, an Object
	ParamErr                    // errno: name of a negative result
	ParamNS                     // ns: duration
	ParamCaps                   // caps: capability set
)

var paramKinds = map[string]ParamKind{
	"int": ParamInt, "uint": ParamUint, "hex": ParamHex, "mode": ParamOct, "fd": ParamFD, "path": ParamPath, "text": ParamText,
	"bytes": ParamBytes, "flags": ParamFlags, "enum": ParamEnum, "pid": ParamPID, "uid": ParamUID, "signal": ParamSig,
	"addr": ParamAddr, "errno": ParamErr, "ns": ParamNS, "caps": ParamCaps,
}

// types.tsv has a line a type: number, name, category, arguments as name:kind
// separated by blanks. Lines starting with # are comments.
//
//go:embed types.tsv
var typesTSV string

var (
	types      [lastType]TypeInfo
	typeByName = map[string]Type{}
)

func init() {
	for n, line := range strings.Split(typesTSV, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		if err := addType(line); err != nil {
			panic(fmt.Sprintf("event: types.tsv:%d: %v", n+1, err))
		}
	}
}

func addType(line string) error {
	cols := strings.Split(line, "\t")
	if len(cols) < 3 {
		return fmt.Errorf("want number, name, category and arguments, have %d columns", len(cols))
	}
	n, err := strconv.Atoi(cols[0])
	if err != nil || n < 0 || n >= int(lastType) {
		return fmt.Errorf("bad number %q", cols[0])
	}
	info := TypeInfo{Name: cols[1], Category: cols[2]}
	if len(cols) > 3 {
		for _, word := range strings.Fields(cols[3]) {
			name, kind, _ := strings.Cut(word, ":")
			kind, set, _ := strings.Cut(kind, ":")
			k, ok := paramKinds[kind]
			if !ok {
				return fmt.Errorf("argument %s: unknown kind %q", name, kind)
			}
			info.Params = append(info.Params, Param{Name: name, Kind: k, Set: set})
		}
	}
	if types[n].Name != "" || typeByName[info.Name] != 0 {
		return fmt.Errorf("number %d or name %s is there twice", n, info.Name)
	}
	types[n] = info
	typeByName[info.Name] = Type(n)
	return nil
}

// Info returns the type's description; empty for numbers without one.
func (t Type) Info() *TypeInfo {
	if t < lastType {
		return &types[t]
	}
	return &types[TypeUnknown]
}

func (t Type) String() string { return t.Info().Name }

// ParamIndex returns the place of the argument of a name, -1 when the type
// has none.
func (t Type) ParamIndex(name string) int {
	for i, p := range t.Info().Params {
		if p.Name == name {
			return i
		}
	}
	return -1
}

// TypeOf returns the type of a name (evt.type).
func TypeOf(name string) (Type, bool) {
	t, ok := typeByName[name]
	return t, ok
}

// NumTypes is the number of types, named or not: all are below it.
const NumTypes = int(lastType)
