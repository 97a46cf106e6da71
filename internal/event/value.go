package event

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Kind is the type of a value or of a field.
type Kind uint8

// The kinds of values. The names in parentheses are those of Falco's libs
// (userspace/libscap/ppm_events_public.h).
const (
	None     Kind = iota // no value
	String               // text (PT_CHARBUF)
	Int                  // signed number (PT_INT16 … PT_INT64)
	Uint                 // unsigned number (PT_UINT8 … PT_UINT64)
	Bool                 // true or false (PT_BOOL)
	Double               // 64-bit float (PT_DOUBLE)
	Time                 // ns since 1970, UTC (PT_ABSTIME)
	Duration             // ns (PT_RELTIME)
	IP                   // address (PT_IPADDR)
	Net                  // address, compared with networks (PT_IPNET)
	Port                 // port number (PT_PORT)
	Bytes                // raw bytes (PT_BYTEBUF)
)

var kindNames = [...]string{"none", "string", "int", "uint", "bool", "double", "time", "duration", "ip", "net", "port", "bytes"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "kind(" + strconv.Itoa(int(k)) + ")"
}

// Numeric reports whether values of this kind are ordered numbers.
func (k Kind) Numeric() bool {
	switch k {
	case Int, Uint, Double, Time, Duration, Port:
		return true
	}
	return false
}

// Value is one field's value. Which of its parts holds it follows from Kind.
type Value struct {
	Kind    Kind
	Several bool       // List has the values of a field for which one is expected: [Field.Several]
	Num     uint64     // Int (two's complement), Uint, Bool (0, 1), Double (bits), Time, Duration, Port
	Str     string     // String, Bytes
	Addr    netip.Addr // IP, Net
	List    []Value    // the members, when the field is a list; the other parts are then unset
}

// StringValue returns s as a value.
func StringValue(s string) Value { return Value{Kind: String, Str: s} }

// IntValue returns n as a value.
func IntValue(n int64) Value { return Value{Kind: Int, Num: uint64(n)} }

// UintValue returns n as a value.
func UintValue(n uint64) Value { return Value{Kind: Uint, Num: n} }

// BoolValue returns b as a value.
func BoolValue(b bool) Value {
	if b {
		return Value{Kind: Bool, Num: 1}
	}
	return Value{Kind: Bool}
}

// DoubleValue returns f as a value.
func DoubleValue(f float64) Value { return Value{Kind: Double, Num: math.Float64bits(f)} }

// TimeValue returns a time in ns since 1970 as a value.
func TimeValue(ns int64) Value { return Value{Kind: Time, Num: uint64(ns)} }

// DurationValue returns a time span in ns as a value.
func DurationValue(ns int64) Value { return Value{Kind: Duration, Num: uint64(ns)} }

// PortValue returns a port number as a value.
func PortValue(p uint16) Value { return Value{Kind: Port, Num: uint64(p)} }

// AddrValue returns an address as a value.
func AddrValue(a netip.Addr) Value { return Value{Kind: IP, Addr: a} }

// BytesValue returns raw bytes as a value.
func BytesValue(b []byte) Value { return Value{Kind: Bytes, Str: string(b)} }

// Int64 returns the number of an Int, Uint, Bool, Time, Duration or Port value.
func (v Value) Int64() int64 { return int64(v.Num) }

// Float64 returns the number of a numeric value.
func (v Value) Float64() float64 {
	switch v.Kind {
	case Double:
		return math.Float64frombits(v.Num)
	case Int, Time, Duration:
		return float64(int64(v.Num))
	}
	return float64(v.Num)
}

// String writes the value as Falco prints it: numbers in decimal, booleans as
// true and false, absolute times as ns since 1970, lists in parentheses. It
// does not make outside text safe to show; package safetext does.
func (v Value) String() string {
	if v.List != nil {
		var b strings.Builder
		b.WriteByte('(')
		for i, m := range v.List {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(m.String())
		}
		b.WriteByte(')')
		return b.String()
	}
	switch v.Kind {
	case String, Bytes:
		return v.Str
	case Int, Time, Duration:
		return strconv.FormatInt(int64(v.Num), 10)
	case Uint, Port:
		return strconv.FormatUint(v.Num, 10)
	case Bool:
		return strconv.FormatBool(v.Num != 0)
	case Double:
		return strconv.FormatFloat(v.Float64(), 'g', -1, 64)
	case IP, Net:
		return v.Addr.String()
	}
	return ""
}

// GoTime returns the time of a Time value.
func (v Value) GoTime() time.Time { return time.Unix(0, int64(v.Num)).UTC() }

// GoString helps tests to print values.
func (v Value) GoString() string { return fmt.Sprintf("%s(%s)", v.Kind, v.String()) }
