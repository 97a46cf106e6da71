package trail

import (
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// says has a process read or write data on a descriptor.
func (w *world) says(p event.ProcID, typ string, fd int32, obj event.ObjID, data string) {
	t, _ := event.TypeOf(typ)
	var a event.ArgWriter
	for _, param := range t.Info().Params {
		if param.Name == "data" {
			a.Bytes([]byte(data), false)
			continue
		}
		a.Int(0)
	}
	w.now += 1e6
	w.b.Append(event.Event{
		Time: w.now, Type: t, Proc: p, TID: uint32(w.t.Proc(p).PID), FD: fd, Obj: obj, Res: int64(len(data)), Bits: event.HasRes, Dur: -1,
	}, a.Payload())
}

// What was typed into a shell is told, a sentence a line, whether it came in one
// read or in many; secrets in it are masked, and nothing in it makes a line.
func TestSaid(t *testing.T) {
	w := newWorld()
	_, shell, _, fired := attack(w)
	line := w.socket("10.0.0.7:40000", "203.0.113.5:4444", event.RoleClient)
	for _, c := range "idd\x7f\n" {
		w.says(shell, "read", 0, line, string(c))
	}
	w.says(shell, "write", 1, line, "uid=0(root)\ngid\nthree\nfour\nfive\n")
	w.says(shell, "read", 0, line, "export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY\nrm -rf /\x1b[2J\nno end")
	w.says(shell, "read", 3, line, "not typed\n")
	told := texts(build(t, w, fired).Story())
	var said []string
	for _, s := range told {
		if strings.HasPrefix(s, "sh was told") || strings.HasPrefix(s, "sh answered") {
			said = append(said, s)
		}
	}
	const over = " over 10.0.0.7:40000->203.0.113.5:4444"
	want := []string{
		`sh was told "id"` + over, `sh answered "uid=0(root)"` + over, `sh answered "gid"` + over,
		`sh answered "three"` + over + "; and 2 further lines",
		`sh was told "export AWS_SECRET_ACCESS_KEY=****************"` + over, `sh was told "rm -rf /\x1b[2J"` + over, `sh was told "no end"` + over,
	}
	if got := strings.Join(said, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("told\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}
