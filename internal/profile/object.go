package profile

import (
	"bytes"
	"net/netip"
	"strconv"

	"github.com/stoop-project/stoop/internal/event"
)

// object makes the row of the file or socket.
func (m *Mapper) objectRow(of event.Type) event.ObjID {
	name := &m.vals[slotFDName]
	kindOf, proto := &m.vals[slotFDType], &m.vals[slotFDProto]
	ends := m.ends()
	if name.missing() && kindOf.missing() && proto.missing() && !ends.any() {
		return 0
	}
	o := event.Object{Flags: event.ObjReported, L4: event.L4ProtoOf(string(proto.raw)), Kind: event.ObjKindOf(string(kindOf.raw))}
	switch {
	case o.Kind != event.ObjUnknown && !o.Kind.Inet():
		o.Name = m.str(slotFDName)
	case m.connection(&o, name):
		ends.correct(&o)
	case !ends.connect(&o, of):
		o.Name = m.str(slotFDName)
	}
	if o.Kind.Inet() {
		m.role(&o)
		m.called(&o)
	} else if raw := m.str(slotFDNameRaw); raw != o.Name {
		o.Raw = raw
	}
	return event.ObjID(m.t.Objs.Intern(o))
}

// called keeps the name that the document has for a connection, where that is not
// what its ends are called.
func (m *Mapper) called(o *event.Object) {
	name := m.str(slotFDName)
	if name == event.NoStr || o.Name != event.NoStr {
		return
	}
	if m.buf = o.AppendEnds(m.buf[:0]); string(m.buf) != m.t.Strings.Get(name) {
		o.Name = name
	}
}

// role takes over which end the process has, where the document says that.
func (m *Mapper) role(o *event.Object) {
	v := &m.vals[slotFDIsServer]
	if v.missing() {
		return
	}
	client, server := o.Client(), o.Server()
	o.Role, o.Local, o.Remote = event.RoleClient, client, server
	if v.isTrue() {
		o.Role, o.Local, o.Remote = event.RoleServer, server, client
	}
	o.Flags &^= event.ObjInferred
}

// endsOf are the ends of a connection where a document has them one by one.
type endsOf struct {
	client, server event.Endpoint
}

func (e *endsOf) any() bool { return e.client.Known || e.server.Known }

func (m *Mapper) ends() (e endsOf) {
	if len(m.vals[slotFDClientIP].raw)+len(m.vals[slotFDServerIP].raw) > 0 {
		e.client = m.end(slotFDClientIP, slotFDClientPort)
		e.server = m.end(slotFDServerIP, slotFDServerPort)
	}
	return e
}

// end reads an address and a port.
func (m *Mapper) end(ip, port slot) event.Endpoint {
	v, ok := m.vals[ip].only()
	if !ok {
		return event.Endpoint{}
	}
	addr, err := netip.ParseAddr(string(v.raw))
	if err != nil || addr.Zone() != "" {
		return event.Endpoint{}
	}
	n, _ := m.num(port)
	if n < 0 || n > 1<<16-1 {
		n = 0
	}
	return event.EndpointOf(addr, uint16(n))
}

// connect makes the ends an object's. Which of them is the process's own
// follows from what it did.
func (e *endsOf) connect(o *event.Object, of event.Type) bool {
	if !e.any() {
		return false
	}
	if o.Kind == event.ObjUnknown {
		o.Kind = kindOf(e.client, e.server)
	}
	o.Local, o.Remote = e.client, e.server
	switch of.String() {
	case "connect":
		o.Role = event.RoleClient
	case "accept", "accept4", "listen", "bind":
		o.Local, o.Remote, o.Role = e.server, e.client, event.RoleServer
	}
	return true
}

// correct puts the ends that the document has one by one in the place of those
// that its name of the connection has.
func (e *endsOf) correct(o *event.Object) {
	client, server := &o.Local, &o.Remote
	if o.Role == event.RoleServer {
		client, server = server, client
	}
	for _, end := range [...]struct {
		to *event.Endpoint
		is event.Endpoint
	}{{client, e.client}, {server, e.server}} {
		if end.is.Known {
			end.to.IP = end.is.IP
		}
		if end.is.Port != 0 {
			end.to.Port = end.is.Port
		}
	}
}

// kindOf tells IPv4 from IPv6.
func kindOf(ends ...event.Endpoint) event.ObjKind {
	for _, e := range ends {
		if e.Known && !e.Addr().Is4() {
			return event.ObjIPv6
		}
	}
	return event.ObjIPv4
}

// connection reads a name such as 10.0.0.7:52144->10.0.0.9:443. Falco writes
// the client first; which end is the process's own follows from the local
// port, where the alert has it.
func (m *Mapper) connection(o *event.Object, name *value) bool {
	if name.kind != text {
		return false
	}
	left, right, ok := bytes.Cut(name.bytes(&m.buf), []byte("->")) // some writers spell > as \u003e
	if !ok {
		return false
	}
	client, ok1 := endpoint(left)
	server, ok2 := endpoint(right)
	if !ok1 || !ok2 {
		return false
	}
	if o.Kind == event.ObjUnknown {
		o.Kind = kindOf(client)
	}
	o.Local, o.Remote, o.Role = client, server, event.RoleClient
	port, known := m.num(slotFDLocalPort)
	switch {
	case known && port == int64(server.Port) && server.Port != client.Port:
		o.Local, o.Remote, o.Role = server, client, event.RoleServer
	case !known:
		o.Role = event.RoleUnknown
		o.Flags |= event.ObjInferred
	}
	return true
}

// endpoint reads address:port; an IPv6 address has no brackets.
func endpoint(b []byte) (e event.Endpoint, ok bool) {
	at := bytes.LastIndexByte(b, ':')
	if at < 0 || at > 64 {
		return e, false
	}
	addr, err := netip.ParseAddr(string(bytes.Trim(b[:at], "[]")))
	if err != nil || addr.Zone() != "" {
		return e, false
	}
	port, err := strconv.ParseUint(string(b[at+1:]), 10, 16)
	return event.EndpointOf(addr, uint16(port)), err == nil
}
