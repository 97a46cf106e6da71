package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/summary"
	"github.com/stoop-project/stoop/internal/trail"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// piece is a part of a line in one style.
type piece struct {
	text  string
	style grid.Style
}

// verb says how the events of some types read as a sentence: what was done, to
// what. The field names are those that hold the object; the first that has a
// value is shown.
type verb struct {
	word   string
	object []string
	to     string // field with what the object became or was put to
	peer   bool   // of an IP connection only the other end is shown
	mode   bool   // say whether for reading or writing
	hushOK bool   // a success needs no mark: it goes without saying
}

// What verbs act on.
var (
	onFile  = []string{"fd.name", "fs.path.name", "evt.arg[name]", "evt.arg[path]", "evt.arg[pathname]", "evt.arg[filename]"}
	onPath  = []string{"fs.path.name", "evt.arg[path]", "evt.arg[name]", "evt.arg[pathname]", "evt.arg[filename]", "fd.name"}
	onSock  = []string{"fd.name", "evt.arg[addr]", "evt.arg[tuple]"}
	onImage = []string{"proc.cmdline", "proc.exepath"}
	onArgs  = []string{"evt.args"}
)

// verbs has the types that say more in other words than their own. A type that
// is not here is shown with its name and the file, address or arguments that
// it was about.
var verbs = map[string]verb{
	"execve":   {word: "exec", object: onImage, hushOK: true},
	"execveat": {word: "exec", object: onImage, hushOK: true},
	"clone":    {word: "fork"},
	"clone3":   {word: "fork"},
	"fork":     {word: "fork"},
	"vfork":    {word: "fork"},
	"procexit": {word: "exit"},

	"open":      {word: "open", object: onFile, mode: true, hushOK: true},
	"openat":    {word: "open", object: onFile, mode: true, hushOK: true},
	"openat2":   {word: "open", object: onFile, mode: true, hushOK: true},
	"creat":     {word: "create", object: onFile, hushOK: true},
	"read":      {word: "read", object: onFile, hushOK: true},
	"write":     {word: "write", object: onFile, hushOK: true},
	"close":     {word: "close", object: onFile, hushOK: true},
	"dup":       {word: "dup", object: onFile, hushOK: true},
	"dup2":      {word: "dup", object: onFile, hushOK: true},
	"dup3":      {word: "dup", object: onFile, hushOK: true},
	"unlink":    {word: "delete", object: onPath},
	"unlinkat":  {word: "delete", object: onPath},
	"rmdir":     {word: "rmdir", object: onPath},
	"mkdir":     {word: "mkdir", object: onPath},
	"mkdirat":   {word: "mkdir", object: onPath},
	"chmod":     {word: "chmod", object: onPath, to: "mode"},
	"fchmod":    {word: "chmod", object: onFile, to: "mode"},
	"fchmodat":  {word: "chmod", object: onPath, to: "mode"},
	"rename":    {word: "rename", object: []string{"fs.path.source", "evt.arg[oldpath]"}, to: "evt.arg[newpath]"},
	"renameat":  {word: "rename", object: []string{"fs.path.source", "evt.arg[oldpath]"}, to: "evt.arg[newpath]"},
	"renameat2": {word: "rename", object: []string{"fs.path.source", "evt.arg[oldpath]"}, to: "evt.arg[newpath]"},
	"link":      {word: "link", object: []string{"evt.arg[oldpath]"}, to: "evt.arg[newpath]"},
	"linkat":    {word: "link", object: []string{"evt.arg[oldpath]"}, to: "evt.arg[newpath]"},
	"symlink":   {word: "symlink", object: []string{"evt.arg[target]"}, to: "evt.arg[linkpath]"},
	"symlinkat": {word: "symlink", object: []string{"evt.arg[target]"}, to: "evt.arg[linkpath]"},

	"connect":  {word: "connect", object: onSock, peer: true},
	"accept":   {word: "accept", object: onSock, peer: true},
	"accept4":  {word: "accept", object: onSock, peer: true},
	"bind":     {word: "bind", object: onSock},
	"listen":   {word: "listen", object: onSock},
	"sendto":   {word: "send", object: onSock, peer: true, hushOK: true},
	"sendmsg":  {word: "send", object: onSock, peer: true, hushOK: true},
	"recvfrom": {word: "receive", object: onSock, peer: true, hushOK: true},
	"recvmsg":  {word: "receive", object: onSock, peer: true, hushOK: true},

	"kill":   {word: "kill", object: []string{"evt.arg[pid]"}, to: "evt.arg[sig]"},
	"tkill":  {word: "kill", object: []string{"evt.arg[tid]"}, to: "evt.arg[sig]"},
	"tgkill": {word: "kill", object: []string{"evt.arg[tid]"}, to: "evt.arg[sig]"},
	"setuid": {word: "setuid", object: []string{"evt.arg[uid]"}},
	"setgid": {word: "setgid", object: []string{"evt.arg[gid]"}},
	"mount":  {word: "mount", object: []string{"evt.arg[dev]"}, to: "evt.arg[dir]"},

	"umount2":       {word: "umount", object: onArgs},
	"container":     {word: "container", object: onArgs, hushOK: true},
	"signaldeliver": {word: "signal", object: onArgs, hushOK: true},
}

// summary tells an event in one line: what the rule says for an alert, else
// what was done, to what, and how it ended.
func (r reader) summary(row event.Row) []piece {
	if row.Alert != 0 {
		return r.alertSummary(row)
	}
	name := row.Type.String()
	v, ok := verbs[name]
	if !ok {
		if ps := r.told(row); ps != nil {
			return ps
		}
	}
	if !ok {
		v = verb{word: name, object: []string{"fd.name", "fs.path.name", "evt.args"}}
	}
	if row.Type == event.TypeUnknown || v.word == "" {
		v.word = r.first(row, "evt.type", "ka.verb")
	}
	if v.word == "" {
		v.word = "event"
	}
	ps := []piece{{v.word, verbStyle(row.Type)}}
	if v.mode {
		if m := r.openMode(row); m != "" {
			ps = append(ps, piece{" " + m, styDim})
		}
	}
	if obj := r.object(row, v); obj != "" {
		ps = append(ps, piece{" ", styText}, piece{obj, styText})
		ps = append(ps, r.whose(row)...)
	}
	if to := r.outcomeOf(row, v.to); to != "" {
		ps = append(ps, piece{" → ", styDim}, piece{to, styText})
	}
	if tell := tellers[name]; tell != nil {
		return append(ps, tell(r, row)...)
	}
	return append(ps, r.outcome(row, v.hushOK)...)
}

// told tells an event that is no system call by what its kind says.
func (r reader) told(row event.Row) (ps []piece) {
	for _, p := range summary.Of(row, func(name string) (string, bool) { return r.text(row, name) }) {
		switch {
		case p.Field == "":
			ps = append(ps, piece{p.Text, styDim})
		case len(ps) == 0 && p.Field != "log.message":
			ps = append(ps, piece{p.Text, verbStyle(row.Type)})
		default:
			ps = append(ps, piece{p.Text, styText})
		}
	}
	return ps
}

// alertSummary tells an alert: its rule, and the command behind it, or what
// else it is about.
func (r reader) alertSummary(row event.Row) []piece {
	a := row.A()
	st := priorityStyle(a.Priority)
	ps := []piece{{r.string(row, a.Rule), st}}
	if cmd := r.first(row, "proc.cmdline", "proc.name"); cmd != "" {
		ps = append(ps, piece{"  ", styText}, piece{cmd, styText})
	}
	if obj := r.first(row, "fd.name", "fs.path.name"); obj != "" {
		ps = append(ps, piece{"  ", styText}, piece{obj, styDim})
		ps = append(ps, r.whose(row)...)
	}
	if len(ps) > 1 {
		return ps
	}
	more := r.told(row)
	if len(more) == 0 {
		more = []piece{{oneLine(r.first(row, "alert.output")), styDim}}
	}
	if text := plainText(more); text == "" || text == ps[0].text {
		return ps
	}
	return slices.Concat(ps, []piece{{"  ", styText}}, more)
}

// object is what something was done to.
func (r reader) object(row event.Row, v verb) string {
	if o := row.O(); v.peer && o.Kind.Inet() && o.Remote.Known {
		return o.Remote.String()
	}
	return r.first(row, v.object...)
}

// whose says whose the address at the other end of a connection is.
func (r reader) whose(row event.Row) []piece {
	if text := r.mask(trail.Named(row)); text != "" {
		return []piece{{" ", styText}, {text, styDim}}
	}
	return nil
}

// outcomeOf is what the object became: a field's value, or mode, the
// permissions that were asked for.
func (r reader) outcomeOf(row event.Row, to string) string {
	if to != "mode" {
		return r.first(row, to)
	}
	if row.B == nil {
		return ""
	}
	a, ok := event.ArgAt(row.B.Payload(row.I), row.Type.ParamIndex("mode"))
	if !ok || a.Kind != event.Uint && a.Kind != event.Int {
		return ""
	}
	return fmt.Sprintf("%04o", a.Num)
}

// openMode says for what a file was opened: r, w, rw, with + when it may be
// made and ! when it is emptied.
func (r reader) openMode(row event.Row) string {
	read, write := r.first(row, "evt.is_open_read"), r.first(row, "evt.is_open_write")
	m := ""
	if read == "true" {
		m = "r"
	}
	if write == "true" {
		m += "w"
	}
	flags := r.first(row, "evt.arg[flags]")
	if strings.Contains(flags, "O_CREAT") && write == "true" {
		m += "+"
	}
	if strings.Contains(flags, "O_TRUNC") {
		m += "!"
	}
	return m
}

// outcome says how a call ended: → EACCES, or ✓ where that is news.
func (r reader) outcome(row event.Row, hushOK bool) []piece {
	if row.B == nil || row.B.Bits[row.I]&event.HasRes == 0 {
		return nil
	}
	res := row.B.Res[row.I]
	if res < 0 {
		text := r.first(row, "evt.res")
		if text == "EINPROGRESS" {
			return []piece{{" …", styDim}}
		}
		if text == "" {
			text = count(res)
		}
		return []piece{{" → ", styDim}, {text, styWarn}}
	}
	if hushOK {
		return nil
	}
	return []piece{{" ✓", styDim}}
}

// plainText joins pieces.
func plainText(ps []piece) string {
	if len(ps) == 1 {
		return ps[0].text
	}
	var b strings.Builder
	for _, p := range ps {
		b.WriteString(p.text)
	}
	return b.String()
}
