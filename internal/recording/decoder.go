package recording

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"net/netip"
	"time"
	"unsafe"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/internal/source"
)

// errDamaged is behind every error about what a file holds.
var errDamaged = errors.New("damaged")

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errDamaged, fmt.Sprintf(format, args...))
}

// decoder makes tables and batches of blocks, in the order of the file.
type decoder struct {
	meta    Meta
	run     string // what tells the recording from every other
	layouts map[blockKind]layout
	tables  map[uint16]*event.Tables
	infos   []tablesMeta
	added   func(*event.Tables) // called for every new Tables
	mapped  bool                // payloads lie in a mapped file
	stats   statsMeta
	gaps    source.Gaps
	last    int64  // time of the latest event so far, ns since 1970
	ended   bool   // there was an end block
	next    bool   // … which says that the recording goes on elsewhere
	badRefs uint64 // references to rows that are not there
	strange uint64 // events of types that this version does not know
}

func newDecoder() *decoder {
	return &decoder{layouts: make(map[blockKind]layout), tables: make(map[uint16]*event.Tables)}
}

// maxTables bounds how many Tables a file may have.
const maxTables = 4096

// block takes one block. It returns a batch for one of events, which lies in
// payload.
func (d *decoder) block(h *blockHeader, payload []byte) (*event.Batch, error) {
	if crc32.Checksum(payload, castagnoli) != h.crc {
		return nil, damaged("a block's content does not match its checksum")
	}
	switch h.kind {
	case kindMeta:
		sum := sha256.Sum256(payload)
		d.run = hex.EncodeToString(sum[:8])
		return nil, readJSON(payload, &d.meta)
	case kindStats:
		return nil, d.counted(payload)
	case kindEnd:
		var end endMeta
		err := readJSON(payload, &end)
		d.ended, d.next = true, end.Next
		return nil, err
	case kindLayout:
		return nil, d.layout(payload)
	case kindTables:
		return nil, d.newTables(h.tables, payload)
	}
	t := d.tables[h.tables]
	if t == nil {
		return nil, damaged("a block belongs to tables %d, which are not there", h.tables)
	}
	switch h.kind {
	case kindStrings:
		return nil, d.strings(t, h, payload)
	case kindContainers:
		return nil, readRows(d, t, t.Conts, h, payload)
	case kindChanged:
		return nil, d.changed(t, h, payload)
	case kindObjects:
		return nil, readRows(d, t, t.Objs, h, payload)
	case kindProcs:
		return nil, readRows(d, t, t.Procs, h, payload)
	case kindAlerts:
		return nil, readRows(d, t, t.Alerts, h, payload)
	case kindNames:
		return nil, readNames(t, h, payload)
	case kindEvents:
		b, strange, err := readEvents(t, h, payload)
		if err != nil {
			return nil, damaged("%v", err)
		}
		b.Mapped = d.mapped
		t.SetFirst(h.from)
		d.strange += uint64(strange)
		return b, nil
	}
	return nil, nil // a kind of a later version, which it may leave to be read over
}

// counted takes what the sources had counted. A recording of before there were
// times in it tells by the events around.
func (d *decoder) counted(payload []byte) error {
	before := d.stats
	d.stats = statsMeta{}
	if err := readJSON(payload, &d.stats); err != nil {
		return err
	}
	s := &d.stats
	guess := s.At.IsZero()
	if guess {
		s.Since, s.At = before.At, time.Unix(0, d.last).UTC()
	}
	if d.meta.Part > 1 && before.At.IsZero() {
		d.gaps.Begin(s.At, s.Lost) // in the files before
		return nil
	}
	d.gaps.Between(s.Since, s.At, s.Lost, guess)
	return nil
}

func readJSON(payload []byte, v any) error {
	if err := json.Unmarshal(payload, v); err != nil {
		return damaged("%v", err)
	}
	return nil
}

func (d *decoder) layout(payload []byte) error {
	var text map[string]string
	if err := readJSON(payload, &text); err != nil {
		return err
	}
	for kind, name := range layoutNames {
		l, err := parseLayout(kind, text[name])
		if err != nil {
			return damaged("%v", err)
		}
		d.layouts[kind] = l
	}
	return nil
}

func (d *decoder) newTables(number uint16, payload []byte) error {
	var m tablesMeta
	if err := readJSON(payload, &m); err != nil {
		return err
	}
	if d.tables[number] != nil || len(d.tables) >= maxTables {
		return damaged("tables %d are there twice", number)
	}
	t := event.NewTables()
	t.Host, t.Trail = m.Host, m.Trail
	if d.run != "" {
		t.Run = fmt.Sprintf("%s.%d", d.run, number)
	}
	if m.First > 0 {
		t.SetFirst(m.First)
	}
	if m.Docs != "" {
		if p := profile.ByName(m.Docs); p != nil {
			t.Docs = p.Docs()
		}
	}
	d.tables[number] = t
	d.infos = append(d.infos, m)
	if d.added != nil {
		d.added(t)
	}
	return nil
}

// strings adds strings: each is a length and that many bytes.
func (d *decoder) strings(t *event.Tables, h *blockHeader, payload []byte) error {
	if h.first != uint64(t.Strings.Len()) {
		return damaged("strings from %d on stand where %d is next", h.first, t.Strings.Len())
	}
	// One copy for all of the block, so that strings outlive the file.
	text := string(payload)
	for range h.rows {
		n, used := binary.Uvarint(payload)
		if used <= 0 || n > uint64(len(payload)-used) {
			return damaged("a string is longer than its block")
		}
		at := len(text) - len(payload) + used
		t.Strings.AddForeign(text[at : at+int(n)])
		payload = payload[used+int(n):]
	}
	return nil
}

// readNames adds names of addresses: each is an address and a string.
func readNames(t *event.Tables, h *blockHeader, payload []byte) error {
	for range h.rows {
		if len(payload) < 16 {
			return damaged("an address is longer than its block")
		}
		a := netip.AddrFrom16([16]byte(payload))
		n, used := binary.Uvarint(payload[16:])
		if used <= 0 || n > uint64(len(payload)-16-used) {
			return damaged("a name is longer than its block")
		}
		payload = payload[16+used:]
		t.Names.Learn(a, string(payload[:n]))
		payload = payload[n:]
	}
	return nil
}

// limits says what rows may refer to: what is there, and processes also to those
// that come with them.
func (d *decoder) limits(t *event.Tables, h *blockHeader) limits {
	lim := limits{
		refStr: uint32(t.Strings.Len()), refCont: uint32(t.Conts.Len()), refObj: uint32(t.Objs.Len()), refProc: uint32(t.Procs.Len()),
	}
	if h.kind == kindProcs {
		lim[refProc] += h.rows
	}
	return lim
}

// readRows adds rows to a dimension.
func readRows[T comparable](d *decoder, t *event.Tables, dim *event.Dim[T], h *blockHeader, payload []byte) error {
	l := d.layouts[h.kind]
	if l == nil {
		return damaged("rows stand before their layout")
	}
	if h.first != uint64(dim.Len()) {
		return damaged("rows from %d on stand where %d is next", h.first, dim.Len())
	}
	if uint64(h.rows)*uint64((len(l)+7)/8) > uint64(len(payload)) || len(l) == 0 && h.rows > 0 {
		return damaged("a block claims to have %d rows", h.rows)
	}
	lim := d.limits(t, h)
	for range h.rows {
		var row T
		var ok bool
		if payload, ok = l.read(payload, unsafe.Pointer(&row), &lim, &d.badRefs); !ok {
			return damaged("a row is longer than its block")
		}
		dim.Add(row)
	}
	return nil
}

// changed replaces containers: each is a number and the row.
func (d *decoder) changed(t *event.Tables, h *blockHeader, payload []byte) error {
	l := d.layouts[kindContainers]
	lim := d.limits(t, h)
	for range h.rows {
		id, n := binary.Uvarint(payload)
		if n <= 0 || id == 0 || id >= uint64(t.Conts.Len()) {
			return damaged("a container that is not there was changed")
		}
		var row event.Container
		var ok bool
		if payload, ok = l.read(payload[n:], unsafe.Pointer(&row), &lim, &d.badRefs); !ok {
			return damaged("a row is longer than its block")
		}
		t.Conts.Set(uint32(id), row)
	}
	return nil
}

// origin says which fields the recording's events can fill.
func (d *decoder) origin() event.Origin {
	var o event.Origin
	for _, m := range d.infos {
		if o |= m.Origin; m.Origin == 0 {
			o |= event.FromLive
		}
	}
	if o == 0 {
		o = event.FromLive | event.FromFalco | event.FromAudit
	}
	return o
}

// report tells what the recording itself says: what its sources lost, and what
// did not fit together.
func (d *decoder) report(name string, c *source.Tally) {
	for _, n := range d.stats.Notes {
		n.Text = "when it was recorded: " + n.Text
		c.Note(n)
	}
	var lost uint64
	for _, l := range d.stats.Lost {
		lost += l.Count
	}
	if lost > 0 {
		text := fmt.Sprintf("when it was recorded, %d events were lost:", lost)
		for i, l := range d.stats.Lost {
			if i == 8 {
				text += " …"
				break
			}
			text += fmt.Sprintf(" %d in the %s", l.Count, l.Hop)
			if l.Container != "" {
				text += " of " + l.Container
			}
		}
		c.Note(source.Note{Level: source.NoteWarn, Text: text, Where: name})
	}
	if d.badRefs > 0 {
		c.Note(source.Note{Level: source.NoteWarn, Text: fmt.Sprintf("%d references lead to rows that are not there; their fields are missing", d.badRefs), Where: name})
	}
	if d.strange > 0 {
		c.Note(source.Note{
			Level: source.NoteWarn, Text: fmt.Sprintf("%d events have types that this stoop does not know", d.strange),
			Remedy: "open it with a newer stoop", Where: name,
		})
	}
}
