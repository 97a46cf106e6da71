package detect

import (
	"strings"
	"weak"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/internal/rules"
)

// shelves hold the tables that alerts refer to, one for each of the sources'
// tables.
type shelves struct {
	by   map[weak.Pointer[event.Tables]]*shelf
	turn int // counts batches
}

// shelfLife is for how many batches a shelf waits for the next of its tables: a
// live source begins new ones now and then, a server's pages have their own.
const shelfLife = 512

func newShelves() shelves {
	return shelves{by: make(map[weak.Pointer[event.Tables]]*shelf)}
}

// refresh brings what alerts refer to up to date with a source's tables: what
// was learned of containers.
func (s *shelves) refresh(t *event.Tables) {
	s.turn++
	if sh := s.by[weak.Make(t)]; sh != nil {
		sh.used = s.turn
		sh.copier.Resume(t)
	}
	if s.turn%shelfLife == 0 {
		for k, sh := range s.by {
			if k.Value() == nil || s.turn-sh.used > shelfLife {
				delete(s.by, k)
			}
		}
	}
}

// rest lets a source's tables go until the next batch of theirs: whoever holds
// none of its events need not hold what they refer to.
func (s *shelves) rest(t *event.Tables) {
	if sh := s.by[weak.Make(t)]; sh != nil {
		sh.copier.Rest()
	}
}

// of returns the shelf of a source's tables, and whether it was just made.
func (s *shelves) of(t *event.Tables) (sh *shelf, isNew bool) {
	key := weak.Make(t)
	sh = s.by[key]
	if isNew = sh == nil; isNew {
		sh = newShelf(t)
		s.by[key] = sh
	}
	sh.used = s.turn
	return sh, isNew
}

// shelf makes the alerts of one source's events.
type shelf struct {
	copier *event.Copier
	tables *event.Tables
	rows   map[*rules.Rule]event.AlertID
	seq    uint64 // of the next alert
	used   int
	write  writer
}

func newShelf(from *event.Tables) *shelf {
	c := event.NewCopier(from)
	sh := &shelf{copier: c, tables: c.Tables(), rows: make(map[*rules.Rule]event.AlertID), seq: 1, write: newWriter()}
	sh.tables.Docs = profile.ByName("falco").Docs()
	return sh
}

func (sh *shelf) begin(n int) *event.Batch { return event.NewBatch(sh.tables, sh.seq, n) }

func (sh *shelf) end(alerts *event.Batch) { sh.seq += uint64(alerts.Len()) }

// add adds the alert of a rule that fired on event i of b.
func (sh *shelf) add(alerts, b *event.Batch, i int, r *rules.Rule) {
	e := sh.copier.Batch(b.Slice(i, i+1)).At(0)
	e.Alert = sh.row(r)
	e.Bits |= event.HasDoc
	alerts.Append(e, sh.write.document(b.Row(i), r))
}

// row returns the row of what a rule's alerts have in common.
func (sh *shelf) row(r *rules.Rule) event.AlertID {
	id, ok := sh.rows[r]
	if !ok {
		id = sh.alertRow(r.Name, r.Source, r.Tags, r.Priority)
		sh.rows[r] = id
	}
	return id
}

func (sh *shelf) alertRow(name, source string, tags []string, p event.Priority) event.AlertID {
	str := sh.tables.Strings.Add
	row := event.Alert{Rule: str(name), Source: str(source), Origin: str(Origin), Priority: p}
	if len(tags) > 0 {
		row.Tags = str(strings.Join(tags, "\x00") + "\x00")
	}
	return event.AlertID(sh.tables.Alerts.Intern(row))
}
