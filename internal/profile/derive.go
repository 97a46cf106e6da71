package profile

import "github.com/stoop-project/stoop/internal/event"

// What the tables make of other fields than the one that is asked for, as far as
// documents fill them: a field's value may then come from those too.

// sameField are fields that are others under another name, or for another
// operator.
var sameField = map[string]string{
	"fd.cnet": "fd.cip", "fd.snet": "fd.sip", "k8s.pod.id": "k8s.pod.uid", "jevt.rawtime": "evt.rawtime",
}

// itself is the field that an ancestor's field is with the number 0.
var itself = map[string]string{
	"proc.aname": "proc.name", "proc.aexe": "proc.exe", "proc.aexepath": "proc.exepath", "proc.acmdline": "proc.cmdline", "proc.apid": "proc.pid",
}

// anObject are the fields of which one is enough for an event to have a file or
// socket.
var anObject = []string{"fd.type", "fd.name", "fd.cip", "fd.sip", "fd.l4proto"}

// rowFirst are the fields by which the tables know a field before the document
// is asked for it by its own name.
var rowFirst = map[string][]string{
	"proc.exeline": {"proc.exe"}, "proc.cmdnargs": {"proc.args", "proc.cmdline"}, "proc.cmdlenargs": {"proc.args", "proc.cmdline"},
	"proc.duration": {"proc.pid.ts"}, "proc.is_sid_leader": {"proc.pid"},
	"fd.typechar": anObject, "fd.nameraw": {"fd.name"}, "fd.directory": {"fd.name"}, "fd.filename": {"fd.name"},
	"fd.containername": anObject, "fd.containerdirectory": {"fd.name"}, "fd.uid": {"thread.tid"},
	"fd.cproto": {"fd.cip", "fd.name"}, "fd.sproto": {"fd.sip", "fd.name"}, "fd.lproto": {"fd.name", "fd.cip", "fd.sip"}, "fd.rproto": {"fd.name", "fd.cip", "fd.sip"},
	"fd.lip": {"fd.name", "fd.cip", "fd.sip"}, "fd.rip": {"fd.name", "fd.cip", "fd.sip"}, "fd.lnet": {"fd.name", "fd.cip", "fd.sip"},
	"fd.rnet": {"fd.name", "fd.cip", "fd.sip"}, "fd.rport": {"fd.name", "fd.cip", "fd.sip"}, "fd.lport": {"fd.name", "fd.cip", "fd.sip"},
	"fd.sockfamily": anObject, "fd.is_server": anObject,
	"evt.res": {"evt.rawres"}, "evt.failed": {"evt.rawres"},
	"evt.buflen": {"evt.rawres"}, "evt.category": {"evt.type"}, "evt.dir": {"evt.type"}, "evt.is_io": {"evt.type"},
	"evt.is_io_read": {"evt.type"}, "evt.is_io_write": {"evt.type"}, "evt.io_dir": {"evt.type"}, "evt.is_wait": {"evt.type"},
	"syscall.type": {"evt.type"}, "evt.asynctype": {"evt.type"}, "evt.source": {"alert.source", "evt.type"},
	"thread.ismain": {"thread.tid"}, "thread.vtid": {"thread.tid", "proc.vpid", "proc.pid"}, "thread.nametid": {"thread.tid"},
	"k8s.pod.sandbox_id": {"k8s.pod.full_sandbox_id"}, "container.ip": {"k8s.pod.ip"}, "container.start_ts": {"proc.pid.ts"},
}

// rowLast are the fields by which the tables know a field when the document
// does not have it by its own name.
var rowLast = map[string][]string{
	"proc.name": {"proc.cmdline"}, "proc.cmdline": {"proc.name"}, "proc.args": {"proc.cmdline"},
	"proc.pname": {"proc.pcmdline"}, "proc.pcmdline": {"proc.pname"}, "proc.aname": {"proc.acmdline"}, "proc.acmdline": {"proc.aname"},
	"fd.type": {"fd.name", "fd.cip", "fd.sip"}, "fd.name": {"fd.cip", "fd.sip"},
	"fd.cip": {"fd.name"}, "fd.sip": {"fd.name"}, "fd.cport": {"fd.name", "fd.cip", "fd.sip"}, "fd.sport": {"fd.name", "fd.sip", "fd.cip"},
}

// ofHost are the fields that the host has by its id alone, when the document
// does not have them by their own names.
var ofHost = map[string]string{
	"container.name": event.HostID, "container.type": event.HostID, "container.image": "",
	"container.image.repository": "", "container.image.tag": "",
}

// undecided are fields whose values follow from the source, or from several
// fields at a time, and not from one place: the client decides on them.
var undecided = map[string]bool{
	"evt.num": true, "evt.time": true, "evt.time.s": true, "evt.time.iso8601": true, "evt.datetime": true, "evt.datetime.s": true,
	"evt.outputtime": true, "evt.rawtime.s": true, "evt.rawtime.ns": true, "evt.reltime": true, "evt.reltime.s": true, "evt.reltime.ns": true,
	"evt.deltatime": true, "evt.deltatime.s": true, "evt.deltatime.ns": true, "evt.around": true, "evt.count": true, "evt.count.exit": true,
	"evt.type.is": true, "evt.is_async": true, "fd.ip": true, "fd.port": true, "fd.net": true, "fd.proto": true,
	"fd.cip.name": true, "fd.sip.name": true, "fd.lip.name": true, "fd.rip.name": true,
	"json.value": true, "json.obj": true, "json.rawtime": true, "jevt.value": true, "jevt.obj": true, "jevt.rawtime": true,
	"container.duration": true, "proc.ppid.duration": true, "proc.aargs": true, "proc.aenv": true, "proc.loginshellid": true,
	"evt.count.error": true, "evt.count.error.file": true, "evt.count.error.net": true, "evt.count.error.memory": true, "evt.count.error.other": true,
	"stoop.inferred": true, "stoop.cut": true, "stoop.cut_in": true, "stoop.not_stored": true, "stoop.fd_inferred": true,
}
