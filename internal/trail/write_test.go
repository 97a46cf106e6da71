package trail

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/safetext"
)

// A process, a file, a pod, a rule and what was typed have a hostile name:
// nothing of it begins a line, ends a cell, or reaches the terminal.
func TestHostileNames(t *testing.T) {
	for _, evil := range append(hostile(60), []string{
		"tool\n▲    T+0.000 s  x | y | z\x1b[2J```\r\n# h <a href=x>",
		"{count} %proc.name {before}\x00\u202e",
		"| --- |\n- **by** root",
		"\r\x1b]0;title\a\x9b31m",
		"\\|\\\\| `|` |",
		"\u2028\u2029\u0085\v\f",
		"```\n\n## Kill chain\n",
		"\xff\xfe|\xc0\x80",
		"=cmd|' /C calc'!A0",
		strings.Repeat("|\n", 60),
	}...) {
		w := newWorld()
		named := *w.t.Conts.At(uint32(w.cont))
		named.Pod, named.Image = w.t.Strings.Add(evil), w.t.Strings.Add(evil)
		w.cont = event.ContID(w.t.Conts.Add(named))
		_, shell, _, _ := attack(w)
		p := w.process(shell, "/tmp/"+evil, evil)
		fired := w.execs(p)
		w.does(p, "unlink", 0, 0, func(a *event.ArgWriter) { a.Str(w.t.Strings.Add("/var/log/" + evil)) })
		w.says(shell, "read", 0, w.socket("10.0.0.7:40000", "203.0.113.5:4444", event.RoleClient), evil)
		a := w.alert(fired, evil)
		x := Build(a, w.rows(a))
		var plain, md bytes.Buffer
		if err := errors.Join(x.WriteText(&plain), x.WriteMarkdown(&md)); err != nil {
			t.Fatal(err)
		}
		for _, out := range []string{plain.String(), md.String()} {
			for line := range strings.Lines(out) {
				if !safetext.Safe(strings.TrimSuffix(line, "\n")) {
					t.Fatalf("not safe: %q", line)
				}
			}
		}
		if have, want := strings.Count(plain.String(), "\n"), linesOf(x); have != want {
			t.Fatalf("%d lines, %d of them ours", have, want)
		}
		_, rest, _ := strings.Cut(md.String(), "\n## Story\n")
		table, _, _ := strings.Cut(rest, "\n## ")
		for line := range strings.Lines(table) {
			if bars := strings.Count(line, "|") - strings.Count(line, "\\|"); strings.HasPrefix(line, "|") && bars != 6 {
				t.Fatalf("%d bars: %q", bars, line)
			}
		}
	}
}

// hostile makes names up of any bytes, and of what means something to a terminal,
// to Markdown, to a table and to a story.
func hostile(n int) (all []string) {
	rng := rand.New(rand.NewPCG(6, 8))
	telling := []string{
		"\n", "\r\n", "|", "\\", "`", "```", "# ", "- ", "](http://x)", "![", "<a href=x>", "&lt;", "*", "_", "~~", "\x1b[2J", "\x1b]0;x\a", "\u009b1m",
		"\u202e", "\u2028", "\x00", "\t", "=cmd()", "▲", "≈", " — ", "T+0.000 s", "{count}", "{server}", "%proc.name", "\xff", "\xc0\x80", "\v", "\f", "\u0085", "—|",
	}
	for range n {
		var b strings.Builder
		for range 1 + rng.IntN(24) {
			if rng.IntN(3) == 0 {
				b.WriteByte(byte(rng.IntN(256)))
			} else {
				b.WriteString(telling[rng.IntN(len(telling))])
			}
		}
		all = append(all, b.String())
	}
	return all
}

// linesOf is how many lines a trail's text has: those of the head that say
// something, the processes, the sentences, the tactics, what is not known, and
// the titles and empty lines between.
func linesOf(x *Trail) int {
	o := &writer{t: x}
	told := x.Story()
	c := x.Alert.C()
	n := 0
	for _, part := range []string{
		"title", "at", join("/", x.Alert.T.Text(c.Namespace), x.Alert.T.Text(c.Pod)), join(" ", x.Alert.T.Text(c.Name), x.Alert.T.Text(c.ID)),
		x.Alert.T.Text(c.Image), o.found(), o.began(), o.by(), o.outcome(), x.Incident(),
	} {
		if part != "" {
			n++
		}
	}
	n += 1 + 1 + len(x.Above) + 1 + descendants(x.Root) + 1 // lineage
	n += 1 + len(told) + 1
	for _, s := range told {
		if s.Inferred {
			n += 2
			break
		}
	}
	for _, s := range told {
		if s.Silent {
			n += 2
			break
		}
	}
	return n + 1 + len(Stages(told)) + 1 + 1 + len(x.Unknown())
}
