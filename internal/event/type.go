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

	TypeUnknown    Type = FirstOwn + iota - 1 // an event whose document names no type
	TypeProcExit                              // a process ended (Falco's procexit)
	TypeIOUring                               // an io_uring operation that has no type of its own
	TypeLost                                  // events that were lost: how many, and where
	TypePlugin                                // a record of a Falco plugin: Kubernetes audit
	TypeContainer                             // a container came or went (Falco's container)
	TypeSignal                                // a signal was delivered (Falco's signaldeliver)
	TypeLog                                   // a line of a log
	TypeSwitch                                // Falco's switch; never made, only named in rules
	TypePageFault                             // Falco's page_fault
	TypeDrop                                  // Falco's drop
	TypeGeneric                               // a system call that this table has no name for; its number is an argument
	TypeConnection                            // a connection that a sensor of the network saw
	TypeExeHash                               // a program that is new in its container was hashed
	lastType
)

// TypeInfo describes a type.
type TypeInfo struct {
	Name     string
	Category string  // Falco's category; io-read, io-write and io-other depend on the descriptor, see evt.category
	Params   []Param // in the order in which arguments are encoded
	Shown    []Shown // in the order in which arguments are shown and numbered (evt.arg[0])
}

// Param is one argument of a type.
type Param struct {
	Name string // Falco's where Falco has the type, else the kernel's
	Kind ParamKind
	Set  string // which set of names in flags.tsv: for ParamFlags and ParamEnum, and for a ParamOct whose bits have names
	Reg  int    // where the kernel finds it: the system call's argument of this number, from 0; -1 when it is no register
}

// Shown is one argument as it is shown: an encoded one, the call's result, or
// one that is a fact of the process or the file and therefore not encoded.
type Shown struct {
	Param
	At    int    // its place in Params; -1 when it is not encoded
	Field *Field // whose value it is, when it is not encoded; nil for the result
}

// Result reports whether the argument is the call's result.
func (s *Shown) Result() bool { return s.At < 0 && s.Field == nil && s.Set != setExec }

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

// types.tsv has a line a type; its head says how to read it.
//
//go:embed types.tsv
var typesTSV string

var (
	types      [lastType]TypeInfo
	typeByName = map[string]Type{}
)

func init() {
	if err := loadFlags(); err != nil {
		panic("event: " + err.Error())
	}
	for n, line := range strings.Split(typesTSV, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		if err := addType(line); err != nil {
			panic(fmt.Sprintf("event: types.tsv:%d: %v", n+1, err))
		}
	}
	loadOpenPlans()
	Fields.byName["evt.res"].Values = append([]string{resSuccess}, SetNames(setErrno)...)
}

func addType(line string) error {
	cols := strings.Split(line, "\t")
	if len(cols) < 3 {
		return fmt.Errorf("want number, name, category and arguments, have %d columns", len(cols))
	}
	n, err := strconv.Atoi(cols[0])
	if err != nil || n < 0 || n >= int(lastType) || types[n].Name != "" {
		return fmt.Errorf("number %q is bad, or there twice", cols[0])
	}
	names := strings.Split(cols[1], "|")
	info := TypeInfo{Name: names[0], Category: cols[2]}
	if len(cols) > 3 {
		for _, word := range strings.Fields(cols[3]) {
			if err := info.addParam(word); err != nil {
				return err
			}
		}
	}
	types[n] = info
	typeTraits[n] = info.traits()
	for _, name := range names {
		if _, ok := typeByName[name]; ok {
			return fmt.Errorf("name %s is there twice", name)
		}
		typeByName[name] = Type(n)
	}
	return nil
}

// addParam reads [=]NAME:KIND[:SET][@FIELD][#REGISTER].
func (t *TypeInfo) addParam(word string) error {
	text, result := strings.CutPrefix(word, "=")
	text, reg, inReg := strings.Cut(text, "#")
	text, field, derived := strings.Cut(text, "@")
	name, kind, _ := strings.Cut(text, ":")
	kind, set, _ := strings.Cut(kind, ":")
	k, ok := paramKinds[kind]
	if !ok {
		return fmt.Errorf("argument %s: unknown kind %q", name, kind)
	}
	if set != "" && flagSets[set] == nil {
		return fmt.Errorf("argument %s: flags.tsv has no set %q", name, set)
	}
	shown := Shown{Param: Param{Name: name, Kind: k, Set: set, Reg: -1}, At: -1}
	if inReg {
		n, err := strconv.Atoi(reg)
		if err != nil || n < 0 || n > 5 {
			return fmt.Errorf("argument %s: bad register %q", name, reg)
		}
		shown.Reg = n
	}
	switch {
	case derived && set != setExec:
		if shown.Field = Fields.byName[field]; shown.Field == nil {
			return fmt.Errorf("argument %s: no field %q", name, field)
		}
	case !derived && !result:
		shown.At = len(t.Params)
		t.Params = append(t.Params, shown.Param)
	}
	t.Shown = append(t.Shown, shown)
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

// ParamIndex returns the place of the encoded argument of a name, -1 when the
// type has none.
func (t Type) ParamIndex(name string) int {
	for i, p := range t.Info().Params {
		if p.Name == name {
			return i
		}
	}
	return -1
}

// TypeOf returns the type of a name (evt.type), the kernel's where Falco has
// another included: pread64 is pread.
func TypeOf(name string) (Type, bool) {
	t, ok := typeByName[name]
	return t, ok
}

// NumTypes is the number of types, named or not: all are below it.
const NumTypes = int(lastType)
