package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/detect"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/evidence"
	"github.com/stoop-project/stoop/internal/source"
)

// hashPrograms has the programs hashed that are new in their containers, on this
// node, and the rules told.
func (x *detecting) hashPrograms() {
	x.detector.OnProgram(func(p *detect.Program) {
		if !x.onNode.Load() {
			return
		}
		x.hashing.Do(func() { x.hasher.Store(evidence.NewHasher(evidence.HashOptions{})) })
		x.hasher.Load().Take(programOf(p.Row()), func(sum string, size int64) {
			x.detector.Hashed(p, sum, size)
		})
	})
}

// maxNear is in how many ancestors' mounts the file of a process is looked for.
const maxNear = 8

// programOf says which process a row is about, and where else its file may be.
func programOf(r event.Row) evidence.Program {
	p := r.P()
	g := evidence.Program{PID: int(p.PID), Path: r.T.Text(p.ExePath), Container: r.T.Text(r.C().ID), Time: time.Unix(0, r.B.Time[r.I]).UTC()}
	if p.Knows(event.KnowExeIno) {
		g.Ino = p.ExeIno
	}
	for up := p.Parent; up != 0 && len(g.Near) < maxNear; up = r.T.Proc(up).Parent {
		if q := r.T.Proc(up); q.Cont == p.Cont && q.Knows(event.KnowPID) {
			g.Near = append(g.Near, int(q.PID))
		}
	}
	return g
}

// endHashing waits until all that was taken is told.
func (x *detecting) endHashing() {
	if h := x.hasher.Load(); h != nil {
		h.Close()
	}
}

// unhashed says how many programs were not hashed, and why.
func (x *detecting) unhashed() (notes []source.Note) {
	h := x.hasher.Load()
	if h == nil {
		return nil
	}
	st := h.Stats()
	if st.Left() == 0 {
		return nil
	}
	var why []string
	for _, n := range []struct {
		n    uint64
		what string
	}{{st.Gone, "had ended"}, {st.TooLarge, "are too large"}, {st.Dropped, "came too fast"}, {st.Failed, "could not be read"}} {
		if n.n > 0 {
			why = append(why, fmt.Sprintf("%d %s", n.n, n.what))
		}
	}
	return []source.Note{{
		Level: source.NoteWarn,
		Text:  fmt.Sprintf("of %d programs that were new in their containers %d were not hashed: %s", st.Asked, st.Left(), strings.Join(why, ", ")),
	}}
}
