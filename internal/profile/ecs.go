package profile

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/stoop-project/stoop/internal/event"
)

// ecsVersion is the version of the Elastic Common Schema whose names are used.
const ecsVersion = "8.17.0"

// ecsMember is a member of a document that is written, and the field that it
// holds.
type ecsMember struct{ path, name string }

// Writer writes events as documents in ECS, which the profile stoop reads back.
// It is for one goroutine.
type Writer struct {
	// Source names where the events come from; it is in every document.
	Source string

	// Text writes every text that came from outside, quotes included; nil writes
	// it as it came, but for what JSON escapes itself, and with U+FFFD for bytes
	// that are no UTF-8.
	Text event.AppendText

	lossy   []string       // the fields whose texts are no UTF-8
	members *event.Members // of events that did not come as documents; nil before the first
}

// tree is an object of the documents: its members in their order.
type tree struct {
	name  string
	field *event.Field // of a leaf
	kids  []*tree
}

// ecsTree has the ECS members of the profile stoop as objects in each other.
var ecsTree = sync.OnceValue(func() *tree {
	top := &tree{}
	for _, m := range ByName("stoop").write {
		at := top
		for _, name := range strings.Split(m.path, ".") {
			at = at.kid(name)
		}
		at.field, _ = event.Fields.Lookup(m.name)
	}
	return top
})

func (t *tree) kid(name string) *tree {
	for _, k := range t.kids {
		if k.name == name {
			return k
		}
	}
	k := &tree{name: name}
	t.kids = append(t.kids, k)
	return k
}

// Members returns the places in written documents at which fields stand, and the
// fields; those of arguments and of further ancestors are not among them.
func Members() iter.Seq2[string, *event.Field] {
	return func(yield func(string, *event.Field) bool) {
		for _, m := range ByName("stoop").write {
			if f, _ := event.Fields.Lookup(m.name); !yield(m.path, f) {
				return
			}
		}
		all, _ := writtenFields()
		for _, f := range all {
			if !yield("stoop.fields."+flatName(f.Name), f) {
				return
			}
		}
	}
}

// repeated are fields that say again what evt.rawtime, or another field, says,
// and those that number the events of one source.
var repeated = map[string]bool{
	"evt.num": true, "evt.time": true, "evt.time.s": true, "evt.time.iso8601": true, "evt.datetime": true, "evt.datetime.s": true,
	"evt.outputtime": true, "evt.rawtime.s": true, "evt.rawtime.ns": true, "evt.reltime": true, "evt.reltime.s": true, "evt.reltime.ns": true,
	"evt.deltatime": true, "evt.deltatime.s": true, "evt.deltatime.ns": true, "evt.count": true, "evt.count.exit": true, "evt.info": true,
	"json.obj": true, "jevt.obj": true, "json.rawtime": true, "jevt.rawtime": true, "fd.containername": true, "fd.containerdirectory": true,
	"proc.aname": true, "proc.aexe": true, "proc.aexepath": true, "proc.acmdline": true, "proc.apid": true, "proc.aargs": true, "proc.aenv": true,
}

// remade are fields that whoever reads a document makes of others again, and
// the control groups' paths, which would be a sixth of each document: nobody
// asks a server for them.
var remade = map[string]bool{
	"evt.dir": true, "evt.is_io": true, "evt.is_io_read": true, "evt.is_io_write": true, "evt.io_dir": true, "evt.is_wait": true, "syscall.type": true,
	"evt.count.error": true, "evt.count.error.file": true, "evt.count.error.net": true, "evt.count.error.memory": true, "evt.count.error.other": true,
	"fd.typechar": true, "fd.cproto": true, "fd.lproto": true, "fd.rproto": true, "fd.uid": true, "proc.exeline": true, "proc.cmdnargs": true,
	"proc.cmdlenargs": true, "proc.loginshellid": true, "thread.ismain": true, "k8s.pod.id": true, "k8s.pod.sandbox_id": true, "thread.cgroups": true,
}

// writtenFields are the fields that documents have by Falco's names: of events
// that came as documents, and of others.
var writtenFields = sync.OnceValues(func() (docs, others []*event.Field) {
	for _, f := range event.Fields.All() {
		const never = event.Deprecated | event.TableOnly | event.FilterOnly
		if f.Flags&never != 0 || f.Arg&event.ArgRequired != 0 || repeated[f.Name] {
			continue
		}
		docs = append(docs, f)
		if !remade[f.Name] {
			others = append(others, f)
		}
	}
	return docs, others
})

// Append appends an event as one document, one line without its end. Its
// arguments are evt_arg_NAME, its ancestors' fields proc_aname[2] and so on; a
// document that the event came as is event.original.
func (w *Writer) Append(dst []byte, r event.Row) []byte {
	if w.Text == nil {
		w.Text = plainText
	}
	w.lossy = w.lossy[:0]
	at := time.Unix(0, r.B.Time[r.I]).UTC()
	dst = append(dst, `{"@timestamp":"`...)
	dst = at.AppendFormat(dst, "2006-01-02T15:04:05.000000000Z07:00")
	dst = append(dst, `","ecs":{"version":"`+ecsVersion+`"},"event":{`...)
	dst = w.event(dst, r)
	for _, k := range ecsTree().kids {
		if k.name != "event" {
			dst, _ = w.node(dst, k, r, true)
		}
	}
	dst = w.file(dst, r)
	dst = append(dst, `,"stoop":{"source":`...)
	dst = w.Text(dst, w.Source)
	dst = append(dst, `,"fields":{`...)
	dst = w.fields(dst, r)
	dst = append(dst, '}')
	if len(w.lossy) > 0 {
		dst = append(dst, `,"lossy":[`...)
		for i, name := range w.lossy {
			dst = appendComma(dst, i > 0)
			dst = strconv.AppendQuote(dst, name)
		}
		dst = append(dst, ']')
	}
	return append(dst, "}}"...)
}

func plainText(dst []byte, s string) []byte {
	v := event.StringValue(s)
	return v.AppendJSON(dst, nil)
}

func appendComma(dst []byte, yes bool) []byte {
	if yes {
		return append(dst, ',')
	}
	return dst
}

// event writes the members of the object event, and its end.
func (w *Writer) event(dst []byte, r event.Row) []byte {
	kind := "event"
	if r.Alert != 0 {
		kind = "alert"
	}
	dst = append(dst, `"kind":"`+kind+`","module":"stoop","dataset":"stoop.trail","sequence":`...)
	dst = strconv.AppendUint(dst, r.B.Seq+uint64(r.I), 10)
	is := categoryOf(r)
	dst = append(dst, `,"category":["`+is.category+`"],"type":["`+is.kind+`"]`...)
	if r.B.Bits[r.I]&event.HasRes != 0 {
		outcome := "success"
		if event.Failed(r.B.Res[r.I]) {
			outcome = "failure"
		}
		dst = append(dst, `,"outcome":"`+outcome+`"`...)
	}
	for _, k := range ecsTree().kid("event").kids {
		dst, _ = w.node(dst, k, r, true)
	}
	if r.B.Bits[r.I]&event.HasDoc != 0 {
		dst = append(dst, `,"original":`...)
		dst = w.Text(dst, string(Document(r.B.Payload(r.I))))
	}
	return append(dst, '}')
}

// node writes a member, unless nothing of it has a value; some says that others
// were written before it.
func (w *Writer) node(dst []byte, t *tree, r event.Row, some bool) ([]byte, bool) {
	start := len(dst)
	dst = append(appendComma(dst, some), '"')
	dst = append(append(dst, t.name...), `":`...)
	if t.field != nil && t.field.Name == "proc.args" {
		if r.P().Args == event.NoStr {
			return dst[:start], false
		}
		return w.args(dst, r), true
	}
	if t.field != nil {
		v, ok := t.field.Show(r, event.Arg{})
		if !ok || v.Kind == event.String && v.List == nil && v.Str == "" {
			return dst[:start], false
		}
		return v.AppendJSON(dst, w.Text), true
	}
	dst = append(dst, '{')
	has := false
	for _, k := range t.kids {
		var did bool
		dst, did = w.node(dst, k, r, has)
		has = has || did
	}
	if !has {
		return dst[:start], false
	}
	return append(dst, '}'), true
}

// file writes the object file, for events that are about one.
func (w *Writer) file(dst []byte, r event.Row) []byte {
	o := r.O()
	if o.Kind != event.ObjFile && o.Kind != event.ObjDir {
		return dst
	}
	path := o.Title(r.T)
	dst = append(dst, `,"file":{"path":`...)
	dst = w.Text(dst, path)
	if at := strings.LastIndexByte(path, '/'); at >= 0 {
		dst = append(dst, `,"name":`...)
		dst = w.Text(dst, path[at+1:])
		dst = append(dst, `,"directory":`...)
		dst = w.Text(dst, path[:max(at, 1)])
	}
	dst = append(dst, `,"type":"`...)
	if o.Kind == event.ObjDir {
		return append(dst, `dir"}`...)
	}
	return append(dst, `file"}`...)
}

// args writes argv[0] and the arguments one by one.
func (w *Writer) args(dst []byte, r event.Row) []byte {
	p := r.P()
	dst = append(dst, '[')
	dst = w.Text(dst, r.T.Text(p.Exe))
	if text := r.T.Text(p.Args); text != "" {
		for _, word := range strings.Split(strings.TrimSuffix(text, "\x00"), "\x00") {
			dst = w.Text(append(dst, ','), word)
		}
	}
	return append(dst, ']')
}

// flatName is a field's name without dots.
func flatName(name string) string { return strings.ReplaceAll(name, ".", "_") }

// fields writes all fields that have a value by Falco's names.
func (w *Writer) fields(dst []byte, r event.Row) []byte {
	none := true
	put := func(name string, v event.Value) {
		if v.List == nil && v.Kind == event.String && !utf8.ValidString(v.Str) {
			w.lossy = append(w.lossy, name)
		}
		dst = append(appendComma(dst, !none), '"')
		dst = append(append(dst, flatName(name)...), `":`...)
		dst = v.AppendJSON(dst, w.Text)
		none = false
	}
	ofDocs, others := writtenFields()
	if r.B.Bits[r.I]&event.HasDoc == 0 {
		if w.members == nil {
			w.members = event.NewMembers(others, func(f *event.Field) string { return flatName(f.Name) }, w.Text)
		}
		dst = w.members.Append(dst, r, &none)
		for f := range w.members.Lossy {
			w.lossy = append(w.lossy, f.Name)
		}
		w.ancestors(r, put)
		for a := range event.Args(r.B, r.I) {
			put("evt.arg."+a.Name, event.StringValue(a.Text()))
		}
		return dst
	}
	for _, f := range ofDocs {
		if v, ok := f.Show(r, event.Arg{}); ok {
			put(f.Name, v)
		}
	}
	w.ancestors(r, put)
	if r.T.Docs != nil {
		r.T.Docs.Each(r.B.Payload(r.I), func(name string, value fmt.Stringer) bool {
			if f, a := fieldNamed(name); f != nil && f.Arg&event.ArgRequired != 0 && a.Set {
				put(name, event.StringValue(value.String()))
			}
			return true
		})
	}
	return dst
}

// ancestorFields are written with the numbers of the ancestors.
var ancestorFields = [...]string{"proc.aname", "proc.aexe", "proc.aexepath", "proc.acmdline", "proc.apid"}

// ancestors writes the fields of the ancestors beyond the parent.
func (w *Writer) ancestors(r event.Row, put func(string, event.Value)) {
	for n := 2; n <= maxAncestors && r.T.Ancestor(r.Proc, n) != 0; n++ {
		for _, name := range ancestorFields {
			f, _ := event.Fields.Lookup(name)
			if v, ok := f.Get(r, event.Arg{Set: true, Index: n, Key: strconv.Itoa(n)}); ok {
				put(name+"["+strconv.Itoa(n)+"]", v)
			}
		}
	}
}

// ecsKind is what ECS calls an event: event.category and event.type.
type ecsKind struct{ category, kind string }

// ecsKinds by Falco's type or category.
var ecsKinds = map[string]ecsKind{
	"execve": {"process", "start"}, "execveat": {"process", "start"}, "clone": {"process", "start"}, "clone3": {"process", "start"},
	"fork": {"process", "start"}, "vfork": {"process", "start"}, "procexit": {"process", "end"},
	"open": {"file", "access"}, "openat": {"file", "access"}, "openat2": {"file", "access"}, "creat": {"file", "creation"},
	"mkdir": {"file", "creation"}, "mkdirat": {"file", "creation"}, "unlink": {"file", "deletion"}, "unlinkat": {"file", "deletion"},
	"rmdir": {"file", "deletion"}, "rename": {"file", "change"}, "renameat": {"file", "change"}, "renameat2": {"file", "change"},
	"chmod": {"file", "change"}, "fchmod": {"file", "change"}, "fchmodat": {"file", "change"}, "chown": {"file", "change"},
	"write": {"file", "change"}, "truncate": {"file", "change"}, "ftruncate": {"file", "change"},
	"connect": {"network", "start"}, "accept": {"network", "start"}, "accept4": {"network", "start"}, "connection": {"network", "connection"},
	"init_module": {"driver", "change"}, "finit_module": {"driver", "change"},
	"file": {"file", "info"}, "net": {"network", "info"}, "io-read": {"file", "access"}, "io-write": {"file", "change"},
	"process": {"process", "info"}, "user": {"iam", "info"}, "ipc": {"process", "info"}, "signal": {"process", "info"},
}

func categoryOf(r event.Row) ecsKind {
	if is, ok := ecsKinds[r.Type.String()]; ok {
		return is
	}
	if is, ok := ecsKinds[r.Type.Info().Category]; ok {
		return is
	}
	return ecsKind{"host", "info"}
}
