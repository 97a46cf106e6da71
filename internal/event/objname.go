package event

import "strconv"

// Title returns what the object is called (Falco's fd.name): a path, the two
// ends of a connection with the client's first, 10.0.0.1:4000->10.0.0.2:80,
// the one end of a listening socket. It is "" for what has no name.
func (o *Object) Title(t *Tables) string {
	if !o.Kind.Inet() || o.Name != NoStr {
		return t.Text(o.Name)
	}
	return string(o.AppendEnds(nil))
}

// AppendEnds writes what a connection or a listening socket is called.
func (o *Object) AppendEnds(dst []byte) []byte {
	if o.Flags&ObjListening != 0 {
		return o.Local.append(dst)
	}
	c, s := o.Client(), o.Server()
	if dst = c.append(dst); c.Known && s.Known {
		dst = append(dst, "->"...)
	}
	return s.append(dst)
}

// append writes an endpoint as Falco does, IPv6 without brackets.
func (e Endpoint) append(dst []byte) []byte {
	if !e.Known {
		return dst
	}
	return strconv.AppendUint(append(e.Addr().AppendTo(dst), ':'), uint64(e.Port), 10)
}

// typeMark is what Falco writes before a descriptor's name: the type's
// letter, and for IP sockets the transport's.
func (o *Object) typeMark() string {
	mark := string(o.Kind.Char())
	if o.Kind.Inet() {
		switch o.L4 {
		case L4TCP:
			mark += "t"
		case L4UDP:
			mark += "u"
		}
	}
	return mark
}
