package tui

import (
	"strings"

	"github.com/stoop-project/stoop/internal/event"
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
	mode   bool // say whether for reading or writing
	hushOK bool // a success needs no mark: it goes without saying
}

// verbs has the types that say more in other words than their own. A type that
// is not here is shown with its name and the file, address or arguments that
// it was about.
var verbs = map[string]verb{
	"execve":        {word: "exec", object: []string{"proc.cmdline", "proc.exepath"}, hushOK: true},
	"execveat":      {word: "exec", object: []string{"proc.cmdline", "proc.exepath"}, hushOK: true},
	"clone":         {word: "fork", object: []string{"evt.args"}, hushOK: true},
	"clone3":        {word: "fork", object: []string{"evt.args"}, hushOK: true},
	"fork":          {word: "fork", object: []string{"evt.args"}, hushOK: true},
	"vfork":         {word: "fork", object: []string{"evt.args"}, hushOK: true},
	"procexit":      {word: "exit", object: []string{"evt.args"}, hushOK: true},
	"open":          {word: "open", object: []string{"fd.name", "evt.arg[name]", "evt.arg[path]"}, mode: true, hushOK: true},
	"openat":        {word: "open", object: []string{"fd.name", "evt.arg[name]", "evt.arg[path]"}, mode: true, hushOK: true},
	"openat2":       {word: "open", object: []string{"fd.name", "evt.arg[name]", "evt.arg[path]"}, mode: true, hushOK: true},
	"creat":         {word: "create", object: []string{"fd.name", "evt.arg[name]", "evt.arg[path]"}, hushOK: true},
	"connect":       {word: "connect", object: []string{"fd.name", "evt.arg[addr]", "evt.arg[tuple]"}},
	"accept":        {word: "accept", object: []string{"fd.name"}},
	"accept4":       {word: "accept", object: []string{"fd.name"}},
	"bind":          {word: "bind", object: []string{"fd.name", "evt.arg[addr]"}},
	"listen":        {word: "listen", object: []string{"fd.name"}},
	"sendto":        {word: "send", object: []string{"fd.name", "evt.arg[addr]"}, hushOK: true},
	"sendmsg":       {word: "send", object: []string{"fd.name", "evt.arg[addr]"}, hushOK: true},
	"recvfrom":      {word: "receive", object: []string{"fd.name"}, hushOK: true},
	"recvmsg":       {word: "receive", object: []string{"fd.name"}, hushOK: true},
	"unlink":        {word: "delete", object: []string{"fs.path.name", "evt.arg[path]"}},
	"unlinkat":      {word: "delete", object: []string{"fs.path.name", "evt.arg[name]", "evt.arg[path]"}},
	"rmdir":         {word: "rmdir", object: []string{"fs.path.name", "evt.arg[path]"}},
	"rename":        {word: "rename", object: []string{"evt.args"}},
	"renameat":      {word: "rename", object: []string{"evt.args"}},
	"renameat2":     {word: "rename", object: []string{"evt.args"}},
	"dup":           {word: "dup", object: []string{"fd.name"}},
	"dup2":          {word: "dup", object: []string{"fd.name"}},
	"dup3":          {word: "dup", object: []string{"fd.name"}},
	"read":          {word: "read", object: []string{"fd.name"}, hushOK: true},
	"write":         {word: "write", object: []string{"fd.name"}, hushOK: true},
	"close":         {word: "close", object: []string{"fd.name"}, hushOK: true},
	"chmod":         {word: "chmod", object: []string{"evt.args"}},
	"fchmodat":      {word: "chmod", object: []string{"evt.args"}},
	"setuid":        {word: "setuid", object: []string{"evt.args"}},
	"mount":         {word: "mount", object: []string{"evt.args"}},
	"umount2":       {word: "umount", object: []string{"evt.args"}},
	"io_uring":      {word: "io_uring", object: []string{"fd.name", "evt.args"}},
	"container":     {word: "container", object: []string{"evt.args"}, hushOK: true},
	"signaldeliver": {word: "signal", object: []string{"evt.args"}, hushOK: true},
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
	if obj := r.first(row, v.object...); obj != "" {
		ps = append(ps, piece{" ", styText}, piece{obj, styText})
	}
	return append(ps, r.outcome(row, v.hushOK)...)
}

// alertSummary tells an alert: its rule, and the command behind it.
func (r reader) alertSummary(row event.Row) []piece {
	a := row.A()
	st := priorityStyle(a.Priority)
	ps := []piece{{r.string(row, a.Rule), st}}
	if cmd := r.first(row, "proc.cmdline", "proc.name"); cmd != "" {
		ps = append(ps, piece{"  ", styText}, piece{cmd, styText})
	}
	if obj := r.first(row, "fd.name", "fs.path.name"); obj != "" {
		ps = append(ps, piece{"  ", styText}, piece{obj, styDim})
	}
	return ps
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
