package trail

import (
	"bytes"
	"slices"

	"github.com/stoop-project/stoop/internal/event"
)

// Piece is data that went one way through a terminal, a socket, a pipe or a
// file, without anything the other way between.
type Piece struct {
	Step    int    // number of the first step that moved it
	Count   int    // how many steps did
	Out     bool   // written, by the process; else read
	Node    *Node  // who
	Data    []byte // as far as it was kept, at most [MaxStream] of a stream
	Missing int64  // bytes that moved and were not kept
}

// MaxStream bounds the bytes that a [Stream] holds.
const MaxStream = 1 << 20

// Stream is the data that went through an object, in the order of time.
type Stream struct {
	Pieces []Piece
	Kept   int64 // bytes
	Moved  int64 // bytes that went through
	Cut    bool  // MaxStream was reached
}

// Stream returns the data that some steps moved. Of a connection both of whose
// ends are in the trail it takes one, that which was seen first: what one end
// wrote the other one read.
func (t *Trail) Stream(steps []int32) *Stream {
	st := &Stream{}
	var role event.Role
	named, piped := false, t.writesPipe(steps)
	for _, i := range steps {
		s := &t.Steps[i]
		c := s.Row.Type.Info().Category
		if s.Row.Alert != 0 || c != "io-read" && c != "io-write" || fails(&s.Row) {
			continue
		}
		out := c == "io-write"
		if s.Row.Obj != 0 {
			o := s.Row.O()
			if !named {
				role, named = o.Role, true
			}
			if o.Role != role || piped && o.Kind == event.ObjPipe && !out {
				continue
			}
		}
		st.add(int(i), s, out)
	}
	return st
}

// writesPipe reports whether steps write to a pipe: then what is read from it
// is that.
func (t *Trail) writesPipe(steps []int32) bool {
	return slices.ContainsFunc(steps, func(i int32) bool {
		r := t.Steps[i].Row
		return r.Obj != 0 && r.O().Kind == event.ObjPipe && r.Type.Info().Category == "io-write" && moved(&r) > 0
	})
}

func (st *Stream) add(i int, s *Step, out bool) {
	n := moved(&s.Row)
	if n == 0 {
		return
	}
	v, _ := fieldData.Get(s.Row)
	data := v.Str
	if int64(len(data)) > n {
		data = data[:n]
	}
	if room := MaxStream - st.Kept; int64(len(data)) > room {
		data, st.Cut = data[:room], true
	}
	st.Kept += int64(len(data))
	st.Moved += n
	if k := len(st.Pieces) - 1; k >= 0 && st.Pieces[k].Out == out && st.Pieces[k].Node == s.Node && st.Pieces[k].Missing == 0 {
		p := &st.Pieces[k]
		p.Data, p.Count, p.Missing = append(p.Data, data...), p.Count+1, n-int64(len(data))
		return
	}
	st.Pieces = append(st.Pieces, Piece{Step: i, Count: 1, Out: out, Node: s.Node, Data: []byte(data), Missing: n - int64(len(data))})
}

// Lines breaks a piece's data into the lines that were written, without their
// ends. Bytes are as they were: package safetext makes them fit to be shown.
func (p *Piece) Lines() [][]byte {
	if len(p.Data) == 0 {
		return nil
	}
	lines := bytes.Split(bytes.TrimSuffix(p.Data, []byte("\n")), []byte("\n"))
	for i, l := range lines {
		lines[i] = bytes.TrimSuffix(l, []byte("\r"))
	}
	return lines
}
