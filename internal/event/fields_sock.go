package event

import (
	"net/netip"
	"strconv"
)

// The ends of a connection (Falco's class fd, libs sinsp_filtercheck_fd.cpp):
// client and server by the role that the process plays, local and remote by
// its own place. Both is either end, as alternatives.
var sockFields = append(group("fd", HomeObj, FromLive|FromFalco, []Field{
	{Name: "fd.ip", Kind: IP, Flags: FilterOnly | NoRHS | NoTransformer, Doc: "Address of either end; != asks that both differ.", Read: ofBoth(addrOf(IP))},
	{Name: "fd.cip", Kind: IP, Doc: "Address of the client.", Read: ofEnd((*Object).Client, addrOf(IP))},
	{Name: "fd.sip", Kind: IP, Doc: "Address of the server.", Read: ofEnd((*Object).Server, addrOf(IP))},
	{Name: "fd.lip", Kind: IP, Doc: "Address of the local end.", Read: ofEnd(local, addrOf(IP))},
	{Name: "fd.rip", Kind: IP, Doc: "Address of the remote end.", Read: ofEnd(remote, addrOf(IP))},
	{Name: "fd.port", Kind: Port, Flags: FilterOnly | NoRHS | NoTransformer, Doc: "Port of either end; != asks that both differ.", Read: ofBoth(portOf)},
	{Name: "fd.cport", Kind: Port, Doc: "Port of the client.", Read: ofEnd((*Object).Client, portOf)},
	{Name: "fd.sport", Kind: Port, Doc: "Port of the server.", Read: ofEnd((*Object).Server, portOf)},
	{Name: "fd.lport", Kind: Port, Doc: "Port of the local end.", Read: ofEnd(local, portOf)},
	{Name: "fd.rport", Kind: Port, Doc: "Port of the remote end.", Read: ofEnd(remote, portOf)},
	{Name: "fd.net", Kind: Net, Flags: FilterOnly | NoRHS | NoTransformer, Doc: "Address of either end, to be compared with networks: 10.0.0.0/8. != asks that both are outside.", Read: ofBoth(addrOf(Net))},
	{Name: "fd.cnet", Kind: Net, Flags: FilterOnly | NoRHS | NoTransformer, Doc: "Address of the client, to be compared with networks.", Read: ofEnd((*Object).Client, addrOf(Net))},
	{Name: "fd.snet", Kind: Net, Flags: FilterOnly | NoRHS | NoTransformer, Doc: "Address of the server, to be compared with networks.", Read: ofEnd((*Object).Server, addrOf(Net))},
	{Name: "fd.lnet", Kind: Net, Flags: FilterOnly | NoRHS | NoTransformer, Doc: "Address of the local end, to be compared with networks.", Read: ofEnd(local, addrOf(Net))},
	{Name: "fd.rnet", Kind: Net, Flags: FilterOnly | NoRHS | NoTransformer, Doc: "Address of the remote end, to be compared with networks.", Read: ofEnd(remote, addrOf(Net))},
	{Name: "fd.proto", Kind: Port, Flags: FilterOnly | NoRHS | NoTransformer, Doc: "Protocol of either end, by its port's number; != asks that both differ.", Read: ofBoth(portOf)},
	{Name: "fd.cproto", Kind: String, Doc: "Protocol that the client's port is known for, else the port's number.", Read: ofEnd((*Object).Client, protoOf)},
	{Name: "fd.sproto", Kind: String, Doc: "Protocol that the server's port is known for, else the port's number: ssh.", Read: ofEnd((*Object).Server, protoOf)},
	{Name: "fd.lproto", Kind: String, Doc: "Protocol that the local port is known for, else the port's number.", Read: ofEnd(local, protoOf)},
	{Name: "fd.rproto", Kind: String, Doc: "Protocol that the remote port is known for, else the port's number.", Read: ofEnd(remote, protoOf)},
	{
		Name: "fd.l4proto", Kind: String, Doc: "Transport of an IP socket.", Values: []string{"tcp", "udp", "icmp", "raw"},
		Read: func(r Row, _ Arg) (Value, bool) {
			p := r.O().L4.String()
			return StringValue(p), p != "" && r.O().Kind.Inet()
		},
	},
	{
		Name: "fd.sockfamily", Kind: String, Doc: "Whether a socket is an IP or a Unix one.", Values: []string{"ip", "unix"},
		Read: func(r Row, _ Arg) (Value, bool) {
			k := r.O().Kind
			if k.Inet() {
				return StringValue("ip"), true
			}
			return StringValue("unix"), k == ObjUnix
		},
	},
	{
		Name: "fd.is_server", Kind: Bool, Doc: "Whether the process is the server of the connection, or listens.",
		Read: func(r Row, _ Arg) (Value, bool) {
			o := r.O()
			return BoolValue(o.Kind.Inet() && (o.Role == RoleServer || o.Flags&ObjListening != 0)), r.Obj != 0
		},
	},
	{Name: "fd.connected", Kind: Bool, Doc: "Whether the socket is connected; false while a connect has not been answered.", Read: objFlag(ObjConnected)},
}), group("fd", HomeEvent, FromLive|FromFalco, []Field{
	{Name: "fd.cip.name", Kind: String, Flags: NoRHS | NoTransformer, Doc: nameDoc + "client.", Read: nameOf((*Object).Client)},
	{Name: "fd.sip.name", Kind: String, Flags: NoRHS | NoTransformer, Doc: nameDoc + "server.", Read: nameOf((*Object).Server)},
	{Name: "fd.lip.name", Kind: String, Flags: NoRHS | NoTransformer, Doc: nameDoc + "local end.", Read: nameOf(local)},
	{Name: "fd.rip.name", Kind: String, Flags: NoRHS | NoTransformer, Doc: nameDoc + "remote end.", Read: nameOf(remote)},
	{Name: "fd.cip.owner", Kind: String, Flags: Extension | NoRHS | NoTransformer, Doc: ownerDoc + "client.", Read: ownerOf((*Object).Client)},
	{Name: "fd.sip.owner", Kind: String, Flags: Extension | NoRHS | NoTransformer, Doc: ownerDoc + "server.", Read: ownerOf((*Object).Server)},
	{Name: "fd.lip.owner", Kind: String, Flags: Extension | NoRHS | NoTransformer, Doc: ownerDoc + "local end.", Read: ownerOf(local)},
	{Name: "fd.rip.owner", Kind: String, Flags: Extension | NoRHS | NoTransformer, Doc: ownerDoc + "remote end.", Read: ownerOf(remote)},
})...)

const nameDoc = "Domain name, from DNS answers that were seen and from configuration, never by asking; where there are several, any of them. Of the "

const ownerDoc = "What the address belongs to (pod NAMESPACE/NAME, service NAME, node, container NAME), by the containers that are known and their environment; where there are several, any of them. Of the "

func local(o *Object) Endpoint  { return o.Local }
func remote(o *Object) Endpoint { return o.Remote }

// ofEnd reads something of one end of a socket.
func ofEnd(end func(*Object) Endpoint, read func(Endpoint, *Object) Value) reader {
	return func(r Row, _ Arg) (Value, bool) {
		o := r.O()
		e := end(o)
		return read(e, o), e.Known && o.Kind.Inet()
	}
}

// ofBoth reads something of both ends, as alternatives.
func ofBoth(read func(Endpoint, *Object) Value) reader {
	return func(r Row, _ Arg) (Value, bool) {
		o := r.O()
		var both []Value
		for _, e := range [...]Endpoint{o.Local, o.Remote} {
			if e.Known && o.Kind.Inet() {
				both = append(both, read(e, o))
			}
		}
		return Value{List: both}, both != nil
	}
}

func addrOf(kind Kind) func(Endpoint, *Object) Value {
	return func(e Endpoint, _ *Object) Value { return Value{Kind: kind, Addr: e.Addr()} }
}

func portOf(e Endpoint, _ *Object) Value { return PortValue(e.Port) }

// services names the well-known ports that turn up most, as IANA's registry of
// service names does.
var services = map[uint16]string{
	20: "ftp-data", 21: "ftp", 22: "ssh", 23: "telnet", 25: "smtp", 53: "domain", 67: "bootps", 68: "bootpc", 69: "tftp", 80: "http",
	88: "kerberos", 110: "pop3", 111: "sunrpc", 123: "ntp", 137: "netbios-ns", 139: "netbios-ssn", 143: "imap2", 161: "snmp", 179: "bgp",
	389: "ldap", 443: "https", 445: "microsoft-ds", 465: "submissions", 514: "syslog", 587: "submission", 636: "ldaps", 853: "domain-s",
	873: "rsync", 993: "imaps", 995: "pop3s", 1433: "ms-sql-s", 1521: "ncube-lm", 2049: "nfs", 2375: "docker", 2376: "docker-s",
	2379: "etcd-client", 2380: "etcd-server", 3306: "mysql", 3389: "ms-wbt-server", 5432: "postgresql", 5672: "amqp", 5900: "rfb",
	6379: "redis", 8080: "http-alt", 11211: "memcache", 27017: "mongodb",
}

func protoOf(e Endpoint, _ *Object) Value {
	if name := services[e.Port]; name != "" {
		return StringValue(name)
	}
	return StringValue(strconv.Itoa(int(e.Port)))
}

func nameOf(end func(*Object) Endpoint) reader {
	return func(r Row, _ Arg) (Value, bool) {
		o := r.O()
		e := end(o)
		if !e.Known || !o.Kind.Inet() {
			return Value{}, false
		}
		return r.T.Names.value(e.Addr())
	}
}

// value is the names of an address: one as it is, several as alternatives.
func (n *Names) value(a netip.Addr) (Value, bool) { return oneOrMore(n.Of(a)) }

func oneOrMore(names []string) (Value, bool) {
	switch len(names) {
	case 0:
		return Value{}, false
	case 1:
		return StringValue(names[0]), true
	default:
		v := Value{List: make([]Value, len(names))}
		for i, name := range names {
			v.List[i] = StringValue(name)
		}
		return v, true
	}
}
