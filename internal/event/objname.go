package event

import "strconv"

// Title returns what the object is called (Falco's fd.name): a path, the two
// ends of a connection with the client's first, 10.0.0.1:4000->10.0.0.2:80,
// the one end of a listening socket. It is "" for what has no name.
func (o *Object) Title(t *Tables) string {
	if !o.Kind.Inet() || o.Name != NoStr {
		return t.Text(o.Name)
	}
	if o.Flags&ObjListening != 0 {
		return o.Local.falco()
	}
	c, s := o.Client(), o.Server()
	switch {
	case c.Known && s.Known:
		return c.falco() + "->" + s.falco()
	case s.Known:
		return s.falco()
	}
	return c.falco()
}

// falco writes an endpoint as Falco does, IPv6 without brackets.
func (e Endpoint) falco() string {
	if !e.Known {
		return ""
	}
	return e.Addr().String() + ":" + strconv.Itoa(int(e.Port))
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
