//go:build linux

package decode

import (
	"encoding/binary"
	"net/netip"

	"github.com/stoop-project/stoop/bpf"
	"github.com/stoop-project/stoop/internal/event"
)

// dnsPort is where name servers answer.
const dnsPort = 53

// answers learns the addresses of a DNS answer that the process has just
// received, when it came from a name server's port and its payload was kept.
func (d *Decoder) answers(e *event.Event) {
	if !d.hasPayload() || e.Res < 12 || d.parts.payload.Flags&bpf.PartWrite != 0 {
		return
	}
	o := d.tables.Obj(e.Obj)
	if !o.Kind.Inet() || o.Remote.Port != dnsPort {
		return
	}
	msg := d.parts.payload.Data
	if o.L4 == event.L4TCP && len(msg) > 2 {
		msg = msg[2:] // length (RFC 1035, 4.2.2)
	}
	eachAnswer(msg, func(name string, addr []byte) {
		if a, ok := netip.AddrFromSlice(addr); ok {
			d.tables.Names.Learn(a, name)
		}
	})
}

func (d *Decoder) hasPayload() bool { return d.parts.seen[tagPayload] != 0 }

const tagPayload = 15

// Bounds on one answer.
const (
	maxAnswers = 64
	maxName    = 255
	maxJumps   = 16
)

// eachAnswer calls yield with the name that was asked for and each address (4
// or 16 bytes) in a DNS response (RFC 1035, section 4). Names reached over
// CNAMEs count as the one asked for. It stops at the first damage.
func eachAnswer(msg []byte, yield func(name string, addr []byte)) {
	if len(msg) < 12 {
		return
	}
	flags := binary.BigEndian.Uint16(msg[2:])
	questions, records := binary.BigEndian.Uint16(msg[4:]), binary.BigEndian.Uint16(msg[6:])
	if flags&0x8000 == 0 || flags&0x000f != 0 || questions != 1 {
		return
	}
	name, at, ok := dnsName(msg, 12)
	if !ok || at+4 > len(msg) || name == "" {
		return
	}
	at += 4 // type and class
	for range min(int(records), maxAnswers) {
		_, next, ok := dnsName(msg, at)
		if !ok || next+10 > len(msg) {
			return
		}
		typ, size := binary.BigEndian.Uint16(msg[next:]), int(binary.BigEndian.Uint16(msg[next+8:]))
		data := next + 10
		if data+size > len(msg) {
			return
		}
		if typ == 1 && size == 4 || typ == 28 && size == 16 { // A, AAAA
			yield(name, msg[data:data+size])
		}
		at = data + size
	}
}

// dnsName reads a name at an offset and returns the offset behind it.
func dnsName(msg []byte, at int) (name string, next int, ok bool) {
	var buf [maxName + 1]byte
	n, jumps := 0, 0
	for {
		if at >= len(msg) {
			return "", 0, false
		}
		l := int(msg[at])
		switch {
		case l == 0:
			if jumps == 0 {
				next = at + 1
			}
			if n > 0 {
				n-- // the last dot
			}
			return string(buf[:n]), next, true
		case l&0xc0 == 0xc0:
			if at+1 >= len(msg) || jumps == maxJumps {
				return "", 0, false
			}
			if jumps == 0 {
				next = at + 2
			}
			jumps++
			at = (l&0x3f)<<8 | int(msg[at+1])
		case l&0xc0 != 0 || at+1+l > len(msg) || n+l+1 > maxName:
			return "", 0, false
		default:
			for _, c := range msg[at+1 : at+1+l] {
				if c >= 'A' && c <= 'Z' {
					c += 'a' - 'A'
				}
				buf[n] = c
				n++
			}
			buf[n] = '.'
			n++
			at += 1 + l
		}
	}
}
