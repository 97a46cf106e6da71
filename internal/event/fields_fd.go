package event

import (
	"strconv"
	"strings"
)

// What a descriptor refers to (Falco's class fd, libs
// sinsp_filtercheck_fd.cpp). For an open that failed, and for calls on a path
// that a source counts as an object, it is the file that was meant.
var fdFields = append(group("fd", HomeObj, FromLive|FromFalco, []Field{
	{
		Name: "fd.type", Kind: String, Doc: "What the descriptor refers to.",
		Values: []string{"file", "directory", "ipv4", "ipv6", "unix", "pipe", "event", "signalfd", "eventpoll", "inotify", "timerfd", "netlink", "bpf", "userfaultfd", "io_uring", "memfd", "pidfd"},
		Read: func(r Row, _ Arg) (Value, bool) {
			k := r.O().Kind.String()
			return StringValue(k), k != ""
		},
	},
	{
		Name: "fd.typechar", Kind: String, Doc: "fd.type in one letter: f file, d directory, 4 and 6 IP sockets, u Unix socket, p pipe, e eventfd, s signalfd, l epoll, i inotify, t timerfd, n netlink, b bpf, r io_uring, m memfd, P pidfd, o other.",
		Read: func(r Row, _ Arg) (Value, bool) { return StringValue(string(r.O().Kind.Char())), r.Obj != 0 },
	},
	{Name: "fd.name", Kind: String, Flags: PathLike, Doc: "Path of a file; the ends of a connection, client first: 10.0.0.1:4000->10.0.0.2:80.", Read: readFdName},
	{
		Name: "fd.nameraw", Kind: String, Doc: "Path of a file as the program gave it, not made absolute.",
		Read: func(r Row, a Arg) (Value, bool) {
			o := r.O()
			if o.Kind != ObjFile && o.Kind != ObjDir {
				return Value{}, false
			}
			if o.Raw != NoStr {
				return r.Str(o.Raw)
			}
			return readFdName(r, a)
		},
	},
	{Name: "fd.directory", Kind: String, Flags: PathLike, Doc: "Directory that a file lies in, without a slash at the end; of a directory, itself.", Read: readDirectory},
	{
		Name: "fd.filename", Kind: String, Doc: "Name of a file without its directory.",
		Read: func(r Row, _ Arg) (Value, bool) {
			name := r.O().Title(r.T)
			if r.O().Kind != ObjFile || name == "" {
				return Value{}, false
			}
			if at := strings.LastIndexByte(name, '/'); at < len(name)-1 {
				return StringValue(name[at+1:]), true
			}
			return StringValue("/"), true
		},
	},
	{
		Name: "fd.dev", Kind: Int, Doc: "Device that the file lies on: major number times 2^20 plus minor number.",
		Read: inode(func(o *Object) int64 { return int64(o.Dev) }),
	},
	{Name: "fd.dev.major", Kind: Int, Doc: "Major number of the device that the file lies on.", Read: inode(func(o *Object) int64 { return int64(o.Dev >> 20) })},
	{Name: "fd.dev.minor", Kind: Int, Doc: "Minor number of the device that the file lies on.", Read: inode(func(o *Object) int64 { return int64(o.Dev & (1<<20 - 1)) })},
	{Name: "fd.ino", Kind: Int, Doc: "Inode number of the file.", Read: inode(func(o *Object) int64 { return int64(o.Ino) })},
	{Name: "fd.is_upper_layer", Kind: Bool, Doc: "Whether the file lies in the overlay's upper layer: it was not in the image, or was changed since.", Read: objFlag(ObjUpperLayer)},
	{Name: "fd.is_lower_layer", Kind: Bool, Doc: "Whether the file lies in one of the overlay's lower layers, the image's.", Read: objFlag(ObjLowerLayer)},
}), group("fd", HomeEvent, FromLive|FromFalco, []Field{
	{
		Name: "fd.num", Kind: Int, Col: ColFD, Doc: "Number of the descriptor; -1 for an open that failed.",
		Read: func(r Row, _ Arg) (Value, bool) {
			fd := r.B.FD[r.I]
			return IntValue(int64(fd)), fd >= 0 || r.failed() && r.opensFD()
		},
	},
	{
		Name: "fd.uid", Kind: String, Doc: "Thread id and descriptor number in one word: one descriptor of one thread.",
		Read: func(r Row, _ Arg) (Value, bool) {
			tid, fd := r.B.TID[r.I], r.B.FD[r.I]
			return StringValue(strconv.FormatUint(uint64(tid), 10) + strconv.FormatInt(int64(fd), 10)), fd >= 0 && tid != 0
		},
	},
	{
		Name: "fd.containername", Kind: String, Doc: "container.id and fd.name, joined by a colon.",
		Read: inContainer(readFdName),
	},
	{
		Name: "fd.containerdirectory", Kind: String, Doc: "container.id and fd.directory, joined by a colon.",
		Read: inContainer(readDirectory),
	},
	{
		Name: "fd.name_changed", Kind: Bool, Doc: "Whether the event gave the socket its name, or another one: a connect, a bind, a datagram with an address. Taken from the event alone: a second datagram to the same address counts too.",
		Read: readNameChanged,
	},
	{
		Name: "fd.types", Kind: String, Arg: ArgIndex, Flags: IsList | NoRHS,
		Doc:  "Types of the process's descriptors. Known are the standard ones and the event's own; with an index, that descriptor's.",
		Read: readFdTypes,
	},
})...)

func readFdName(r Row, _ Arg) (Value, bool) {
	o := r.O()
	return StringValue(o.Title(r.T)), r.Obj != 0 && (o.Name != NoStr || o.Kind != ObjUnknown)
}

func readDirectory(r Row, _ Arg) (Value, bool) {
	o := r.O()
	name := o.Title(r.T)
	if name == "" || o.Kind != ObjFile && o.Kind != ObjDir {
		return Value{}, false
	}
	if o.Kind == ObjDir {
		return StringValue(name), true
	}
	at := strings.LastIndexByte(name, '/')
	if at <= 0 || at == len(name)-1 {
		return StringValue("/"), true
	}
	return StringValue(name[:at]), true
}

func inode(get func(*Object) int64) reader {
	return func(r Row, _ Arg) (Value, bool) { return IntValue(get(r.O())), r.O().Flags&ObjInode != 0 }
}

func inContainer(read reader) reader {
	return func(r Row, a Arg) (Value, bool) {
		v, ok := read(r, a)
		id := r.C().ID
		return StringValue(r.T.Text(id) + ":" + v.Str), ok && id != NoStr
	}
}

// opensFD reports whether the event's call returns a descriptor as Falco's fd
// argument.
func (r Row) opensFD() bool {
	shown := r.Type.Info().Shown
	return len(shown) > 0 && shown[0].Result() && shown[0].Name == "fd"
}

// naming are the calls that give a socket its name; of those that carry an
// address, only the ones that have one do.
var naming = map[string]bool{
	"connect": true, "accept": true, "accept4": true, "bind": true,
	"sendto": false, "sendmsg": false, "sendmmsg": false, "recvfrom": false, "recvmsg": false, "recvmmsg": false,
}

func readNameChanged(r Row, _ Arg) (Value, bool) {
	if r.Obj == 0 || r.reported() {
		return Value{}, false
	}
	always, known := naming[r.Type.String()]
	if !known || always {
		return BoolValue(always), true
	}
	o := r.O()
	_, raw, ok := r.arg("tuple", 0)
	return BoolValue(o.Flags&ObjConnected == 0 && o.L4 != L4TCP && ok && raw.Kind != None), true
}

func readFdTypes(r Row, a Arg) (Value, bool) {
	if r.reported() {
		return Value{}, false
	}
	var objs []ObjID
	if n, ok := a.number(); ok {
		objs = []ObjID{r.fdObj(int32(n))}
	} else {
		p := r.P()
		objs = []ObjID{p.Stdin, p.Stdout, p.Stderr, r.Obj}
	}
	var list []Value
	seen := map[string]bool{"": true}
	for _, id := range objs {
		if name := r.T.Obj(id).Kind.String(); !seen[name] {
			seen[name] = true
			list = append(list, StringValue(name))
		}
	}
	return Value{Kind: String, List: list}, list != nil
}
