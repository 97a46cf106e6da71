package trail

import (
	"maps"
	"slices"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// shells are the programs that do what they read, and so are told what to do.
var shells = map[string]bool{
	"sh": true, "bash": true, "dash": true, "ash": true, "zsh": true, "ksh": true, "mksh": true, "fish": true, "busybox": true,
	"python": true, "python2": true, "python3": true, "perl": true, "ruby": true, "php": true, "node": true, "lua": true, "pwsh": true,
}

// streamKey is one way of what is said: to a process, or by it.
type streamKey struct {
	node *Node
	obj  tableObj
	out  bool
}

// stream puts together what was said, read by read, until a line ends.
type stream struct {
	key   streamKey
	line  []byte
	first event.Row
	cut   bool // some of it was not kept
	lines int
	last  *told
}

const (
	maxLine     = 4 << 10 // bytes
	maxTold     = 200     // lines that a process was told
	maxAnswered = 3       // lines that a process said, each
)

// line tells what somebody typed into a shell's terminal or connection, and
// what was answered there, where the data was kept: a sentence a line.
func (s *teller) line(step Step) {
	r := step.Row
	if r.Obj == 0 || int(r.Type) >= event.NumTypes || !passed(r) {
		return
	}
	in := reads[r.Type] && r.B.FD[r.I] >= 0 && shells[step.Node.Name()]
	out := writes[r.Type] && (r.B.FD[r.I] == 1 || r.B.FD[r.I] == 2)
	if !in && !out || !talks(r, in) {
		return
	}
	v, ok := fieldData.Get(r)
	if !ok || v.Str == "" {
		return
	}
	key := streamKey{step.Node, tableObj{r.T, r.Obj}, out}
	x := s.lines[key]
	if x == nil {
		x = &stream{key: key}
		s.lines[key] = x
		s.streams = append(s.streams, x)
	}
	for _, c := range []byte(v.Str) {
		if len(x.line) == 0 {
			x.first = r
		}
		switch {
		case c == '\n' || c == '\r':
			s.endLine(x)
		case (c == 0x7f || c == '\b') && !out: // taken back
			x.line = x.line[:max(len(x.line)-1, 0)]
		case len(x.line) < maxLine:
			x.line = append(x.line, c)
		default:
			x.cut = true
		}
	}
	if has := r.B.Bits[r.I]&event.HasRes != 0; has && r.B.Res[r.I] > int64(len(v.Str)) {
		x.cut = true
	}
}

// talks says that a file is one over which somebody speaks with a program: a
// connection, a terminal, and for what is read a pipe.
func talks(r event.Row, in bool) bool {
	switch o := r.O(); {
	case o.Kind.Inet(), o.Kind == event.ObjUnix:
		return r.B.FD[r.I] <= 2
	case o.Kind == event.ObjPipe:
		return in && r.B.FD[r.I] == 0
	default:
		name := r.T.Text(o.Name)
		return strings.HasPrefix(name, "/dev/pts/") || strings.HasPrefix(name, "/dev/tty") || name == "/dev/console"
	}
}

func (s *teller) endLine(x *stream) {
	line := strings.TrimSpace(string(x.line))
	cut := x.cut
	x.line, x.cut = x.line[:0], false
	if line == "" {
		return
	}
	x.lines++
	most := maxTold
	if x.key.out {
		most = maxAnswered
	}
	if x.lines > most {
		x.last.Count++
		return
	}
	verb, over := " was told ", " over "
	if x.key.out {
		verb = " answered "
	}
	text := x.key.node.Name() + verb + quote(line)
	if cut {
		text += " and more that was not kept"
	}
	text += over + x.first.O().Title(x.first.T)
	x.last = s.add(&told{Sentence: Sentence{
		Time: x.first.B.Time[x.first.I], Text: text, Tactic: tacticOf(x.key.out), Count: 1, Events: []event.Row{x.first}, Node: x.key.node,
	}})
}

func tacticOf(out bool) string {
	if out {
		return ""
	}
	return "Command and Control"
}

// endLines tells what did not end with a line, and how much was left out.
func (s *teller) endLines() {
	for _, x := range s.streams {
		if len(x.line) > 0 {
			s.endLine(x)
		}
		if x.last != nil && x.last.Count > 1 {
			x.last.Text += "; and " + count(x.last.Count-1, "further line", "further lines")
		}
	}
}

// sortedKeys lists the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

var (
	fieldExePath    = mustField("proc.exepath")
	fieldData       = mustField("evt.buffer")
	fieldForWriting = mustField("evt.is_open_write")
)
