package detect

import (
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
)

// newPrograms holds where a program begins that was not in its container when
// that began, or is in no directory.
const newPrograms = "evt.type in (execve, execveat) and evt.failed = false and container.id != host and (proc.is_exe_from_memfd = true or proc.is_exe_upper_layer = true or proc.exe_ino.ctime_duration_pidns_start > 0)"

// Program is the start of a program that is new in its container.
type Program struct {
	batch *event.Batch // that event alone
	to    source.Sink
}

// Row returns what fields read of the start.
func (p *Program) Row() event.Row { return p.batch.Row(0) }

// Tables returns what the events refer to that tell of the program; they are
// kept as long as somebody holds it.
func (p *Program) Tables() *event.Tables { return p.batch.Tables }

// OnProgram has f called where a program begins that is new in its container,
// for somebody who hashes it and tells [Detector.Hashed]. f must not block, nor
// call the detector. It is for before the first event.
func (d *Detector) OnProgram(f func(*Program)) {
	wanted, err := filter.Compile(newPrograms, event.Fields)
	if err != nil {
		panic(err) // a defect of ours
	}
	d.program, d.isProgram = f, wanted
}

// programs looks for programs among the events of a batch.
func (d *Detector) programs(b *event.Batch, to source.Sink) {
	if d.program == nil {
		return
	}
	var sel []uint64
	for i, t := range b.Type {
		if t != execve && t != execveat {
			continue
		}
		if sel == nil {
			sel = make([]uint64, (b.Len()+63)/64)
		}
		sel[i/64] |= 1 << (i & 63)
	}
	if sel == nil {
		return
	}
	d.isProgram.Select(b, sel)
	for i := range b.Len() {
		if sel[i/64]&(1<<(i&63)) != 0 && (b.Alert == nil || b.Alert[i] == 0) {
			d.program(&Program{batch: b.Slice(i, i+1), to: to})
		}
	}
}

var execve, execveat = typeOf("execve"), typeOf("execveat")

func typeOf(name string) event.Type {
	t, _ := event.TypeOf(name)
	return t
}

// Hashed has the rules told of a program's hash, in hex: by an event of type
// exe_hash of the same process. Its time is that of the newest event so far, so
// that others which are underway do not come too late for sequences. It may be
// called from any goroutine, until the sinks are closed.
func (d *Detector) Hashed(p *Program, sha256 string, size int64) {
	d.handing.Lock()
	defer d.handing.Unlock()
	d.mu.Lock()
	sh := d.shelf(p.batch.Tables)
	b := sh.begin(1)
	e := sh.copier.Batch(p.batch).At(0)
	e.Time, e.Type, e.FD, e.Obj, e.Dur, e.Res, e.Bits = d.newest, event.TypeExeHash, -1, 0, -1, 0, 0
	var args event.ArgWriter
	args.Bytes([]byte(sha256), false)
	args.Uint(uint64(size))
	b.Append(e, args.Payload())
	sh.end(b)
	d.mu.Unlock()
	p.to.Batch(b)
	d.detect(b, p.to)
}
