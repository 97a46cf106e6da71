package casefile

import (
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// The bundle follows STIX 2.1 (OASIS, committee specification 02). A marked event
// is observed data of a process, a file or a connection; what STIX has no place
// for is in properties of our own, x_stoop_….

// stixSpace is the namespace of ids of cyber-observable objects (STIX 2.1, 2.9).
var stixSpace = [16]byte{0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c, 0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7}

// ownSpace is the namespace of the ids of all other objects: the URL of the
// project, of which STIX asks only that it is not the one above.
var ownSpace = [16]byte{0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}

// contributing are the properties that the id of a cyber-observable object is made
// of (STIX 2.1, 6: ID Contributing Properties). Two objects of the same ones are
// one, whoever wrote them.
var contributing = map[string][]string{
	"ipv4-addr": {"value"}, "ipv6-addr": {"value"}, "directory": {"path"}, "file": {"name", "parent_directory_ref"}, "user-account": {"user_id", "account_login"},
	"network-traffic": {"src_ref", "dst_ref", "src_port", "dst_port", "protocols"},
}

// object is an object of a bundle.
type object map[string]any

// uuid5 is a UUID of version 5 (RFC 9562, 5.5).
func uuid5(space [16]byte, name string) string {
	h := sha1.New() //nolint:gosec // the format asks for it
	h.Write(space[:])
	h.Write([]byte(name))
	s := h.Sum(nil)
	s[6], s[8] = s[6]&0x0f|0x50, s[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", s[:4], s[4:6], s[6:8], s[8:10], s[10:16])
}

// id names an object of a type, the same in every export: a cyber-observable by
// what it is, as every tool does, others by a name of ours.
func (o object) id(typ, name string) object {
	o["type"], o["spec_version"] = typ, "2.1"
	id := uuid5(ownSpace, "https://github.com/stoop-project/stoop/"+typ+"\x00"+name)
	if parts := contributing[typ]; parts != nil {
		id = uuid5(stixSpace, canonical(o, parts))
	} else if typ == "process" { // nothing makes two processes one: the id is of the kind that says nothing
		id = id[:14] + "4" + id[15:]
	}
	o["id"] = typ + "--" + id
	return o
}

// canonical writes properties as canonical JSON (RFC 8785).
func canonical(o object, names []string) string {
	has := make(object, len(names))
	for _, name := range names {
		if v, ok := o[name]; ok {
			has[name] = v
		}
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(has); err != nil {
		panic(err) // texts, numbers and lists of them
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func stixTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// stixWriter gathers a bundle's objects, each id once.
type stixWriter struct {
	x       *export
	objects []object
	have    map[any]bool
	author  object
}

// add adds an object and returns its id.
func (w *stixWriter) add(o object) string {
	if !w.have[o["id"]] {
		w.have[o["id"]] = true
		w.objects = append(w.objects, o)
	}
	return o["id"].(string)
}

// domain adds an object that has an author and times.
func (w *stixWriter) domain(o object, at time.Time) string {
	o["created"], o["modified"] = stixTime(at), stixTime(at)
	if w.author != nil {
		o["created_by_ref"] = w.author["id"]
	}
	return w.add(o)
}

// stix writes the bundle.
func (x *export) stix() error {
	w := &stixWriter{x: x, have: make(map[any]bool)}
	began := x.opt.Now
	if len(x.entries) > 0 {
		began = x.entries[0].At
	}
	author := object{"name": "stoop", "identity_class": "system"}.id("identity", "stoop")
	w.domain(author, began)
	w.author = author
	var refs []string
	of := make(map[string]string) // objects of entries
	for i := range x.entries {
		e := &x.entries[i]
		switch e.Kind {
		case Mark:
			of[e.ID] = w.mark(e)
			refs = append(refs, of[e.ID])
		case Note, Trail:
			if about := of[e.Of]; about != "" {
				refs = append(refs, w.note(e, about))
			} else {
				refs = append(refs, w.note(e, author["id"].(string)))
			}
		}
	}
	if len(refs) == 0 {
		refs = []string{author["id"].(string)}
	}
	for _, o := range w.objects {
		if o["type"] == "attack-pattern" {
			refs = append(refs, o["id"].(string))
		}
	}
	w.domain(object{
		"name": x.text(x.c.Title()), "published": stixTime(x.opt.Now), "report_types": []string{"threat-report"}, "object_refs": slices.Compact(refs),
	}.id("report", x.c.dir), began)
	bundle := struct {
		Type    string   `json:"type"`
		ID      string   `json:"id"`
		Objects []object `json:"objects"`
	}{"bundle", "bundle--" + uuid5(ownSpace, x.c.dir+stixTime(x.opt.Now)), w.objects}
	return x.writeJSON(stixFile, bundle)
}

// note adds a note about an object: one of the case, or the story of a trail.
func (w *stixWriter) note(e *Entry, about string) string {
	o := object{"content": w.x.text(e.Text), "object_refs": []string{about}, "authors": []string{e.By}}
	if e.Title != "" {
		o["abstract"] = w.x.text(e.Title)
	}
	if e.Text == "" {
		o["content"] = w.x.text(e.Title)
	}
	return w.domain(o.id("note", e.ID), e.At)
}

// fields of a marked event, as texts.
type stixFields map[string]any

func (f stixFields) text(name string) string {
	switch v := f[name].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

func (f stixFields) number(name string) (int64, bool) {
	n, ok := f[name].(json.Number)
	if !ok {
		return 0, false
	}
	i, err := n.Int64()
	return i, err == nil
}

// mark adds the observed data of a marked event.
func (w *stixWriter) mark(e *Entry) string {
	f := stixFields(w.x.fields(e))
	refs := w.connection(f)
	if id := w.process(f); id != "" {
		refs = append(refs, id)
	}
	if path := f.text("fd.name"); strings.HasPrefix(path, "/") {
		refs = append(refs, w.file(path))
	}
	if len(refs) == 0 { // observed data is of something
		refs = []string{w.add(object{"value": w.x.text(e.Title)}.id("x-stoop-event", e.Key))}
	}
	at := stixTime(time.Unix(0, e.Time))
	o := object{
		"first_observed": at, "last_observed": at, "number_observed": 1, "object_refs": refs, "x_stoop_event": map[string]any(f), "x_stoop_title": w.x.text(e.Title),
	}
	id := w.domain(o.id("observed-data", e.ID), e.At)
	w.techniques(f, id, e.At)
	return id
}

// process adds the process and its user.
func (w *stixWriter) process(f stixFields) string {
	pid, known := f.number("proc.pid")
	line := f.text("proc.cmdline")
	if !known && line == "" && f.text("proc.name") == "" {
		return ""
	}
	o := object{}
	for to, from := range map[string]string{"command_line": "proc.cmdline", "cwd": "proc.cwd", "x_stoop_name": "proc.name", "x_stoop_container_id": "container.id", "x_stoop_image": "container.image", "x_stoop_pod": "k8s.pod.name", "x_stoop_namespace": "k8s.ns.name"} {
		if s := f.text(from); s != "" {
			o[to] = s
		}
	}
	if known {
		o["pid"] = pid
	}
	if path := f.text("proc.exepath"); strings.HasPrefix(path, "/") {
		o["image_ref"] = w.file(path)
	}
	if user := f.text("user.name"); user != "" {
		account := object{"account_login": user}
		if uid := f.text("user.uid"); uid != "" {
			account["user_id"] = uid
		}
		o["creator_user_ref"] = w.add(account.id("user-account", ""))
	}
	return w.add(o.id("process", strings.Join([]string{f.text("container.id"), f.text("proc.pid"), line, f.text("proc.pid.ts")}, "\x00")))
}

// file adds a file and its folder.
func (w *stixWriter) file(path string) string {
	at := strings.LastIndexByte(path, '/')
	o := object{"name": path[at+1:]}
	if o["name"] == "" {
		return w.add(object{"path": path}.id("directory", ""))
	}
	if at > 0 {
		o["parent_directory_ref"] = w.add(object{"path": path[:at]}.id("directory", ""))
	}
	return w.add(o.id("file", ""))
}

// connection adds a connection and its ends.
func (w *stixWriter) connection(f stixFields) []string {
	proto := f.text("fd.l4proto")
	ends, layer := object{}, "ipv4"
	for _, end := range [][3]string{{"src", "fd.cip", "fd.cport"}, {"dst", "fd.sip", "fd.sport"}} {
		addr, err := netip.ParseAddr(f.text(end[1]))
		if err != nil {
			continue
		}
		typ := "ipv4-addr"
		if addr.Is6() {
			typ, layer = "ipv6-addr", "ipv6"
		}
		ends[end[0]+"_ref"] = w.add(object{"value": addr.String()}.id(typ, ""))
		if port, ok := f.number(end[2]); ok {
			ends[end[0]+"_port"] = port
		}
	}
	if ends["src_ref"] == nil && ends["dst_ref"] == nil {
		return nil
	}
	if proto == "" {
		proto = "tcp"
	}
	ends["protocols"] = []string{layer, proto}
	return []string{w.add(ends.id("network-traffic", ""))}
}

// techniques adds the techniques of ATT&CK that an alert speaks of.
func (w *stixWriter) techniques(f stixFields, observed string, at time.Time) {
	names, _ := f["alert.mitre"].([]any)
	tags, _ := f["alert.tags"].([]any)
	for _, v := range append(names, tags...) {
		id, ok := v.(string)
		if !ok || len(id) < 5 || id[0] != 'T' || strings.Trim(id[1:], "0123456789.") != "" {
			continue
		}
		pattern := w.domain(object{
			"name": id, "external_references": []object{{"source_name": "mitre-attack", "external_id": id}},
		}.id("attack-pattern", id), at)
		w.domain(object{"relationship_type": "related-to", "source_ref": observed, "target_ref": pattern}.id("relationship", observed+pattern), at)
	}
}
