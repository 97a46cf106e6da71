package tui

import (
	"strings"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// column is one column of the event table.
type column struct {
	title string
	field string // the field that it shows and that + and - filter by; "" when that depends on the row
	width int    // columns; 0: what the others leave
	right bool
	wide  int // the table's width from which the column is shown
	draw  func(r reader, c clock, ref store.Ref, row event.Row) []piece
}

// defaultColumns are what the table shows until told otherwise.
func defaultColumns() []column {
	return []column{
		{title: "time", field: "evt.time", width: stampWidth, right: true, draw: drawTime},
		{title: "container", field: "container.id", width: 12, wide: 78, draw: drawContainer},
		{title: "process", field: "proc.name", width: 14, draw: drawProcess},
		{title: "pid", field: "proc.pid", width: 7, right: true, wide: 88, draw: fieldColumn("proc.pid", styDim)},
		{title: "user", field: "user.name", width: 8, wide: 98, draw: drawUser},
		{title: "event", draw: drawSummary},
	}
}

func drawTime(_ reader, c clock, ref store.Ref, _ event.Row) []piece {
	if c.above != 0 {
		return []piece{{c.dated(ref.Time(), c.above), styAccent}}
	}
	return []piece{{c.stamp(ref.Time()), styDim}}
}

func drawContainer(r reader, _ clock, _ store.Ref, row event.Row) []piece {
	c := row.C()
	if c.IsHost() {
		return []piece{{"host", styDim}}
	}
	return []piece{{r.containerName(row), styText}}
}

// containerName is the shortest name that a reader knows a container by.
func (r reader) containerName(row event.Row) string {
	c := row.C()
	for _, s := range []event.Str{c.Pod, c.Name, c.ID} {
		if s > event.EmptyStr {
			return r.string(row, s)
		}
	}
	return ""
}

func drawProcess(r reader, _ clock, _ store.Ref, row event.Row) []piece {
	return []piece{{r.first(row, "proc.name"), styText}}
}

func drawUser(r reader, _ clock, _ store.Ref, row event.Row) []piece {
	if name := r.first(row, "user.name"); name != "" && name != "<NA>" {
		return []piece{{name, styDim}}
	}
	return []piece{{r.first(row, "user.uid"), styDim}}
}

func drawSummary(r reader, _ clock, _ store.Ref, row event.Row) []piece { return r.summary(row) }

// fieldColumn draws the value of a field.
func fieldColumn(name string, st grid.Style) func(reader, clock, store.Ref, event.Row) []piece {
	return func(r reader, _ clock, _ store.Ref, row event.Row) []piece {
		v, _ := r.text(row, name)
		return []piece{{v, st}}
	}
}

// columnOf makes a column of any field.
func columnOf(name string) column {
	width := min(max(len(name), 10), 24)
	return column{title: name, field: name, width: width, draw: fieldColumn(name, styText)}
}

// columnFor is the column of a field as the table has it by itself, or else as
// any field's.
func columnFor(name string) column {
	for _, d := range defaultColumns() {
		if d.field == name {
			return d
		}
	}
	return columnOf(name)
}

// placed is a column with its place in a table.
type placed struct {
	*column
	index int // in the table's columns
	x, w  int
}

// place lays the columns that fit out over w columns, one blank between them,
// without those of some fields.
func place(cols []column, w int, drop map[string]bool) []placed {
	room := w // what there would be with the dropped columns' place
	for _, c := range cols {
		if c.wide > 0 && drop[c.field] {
			room += c.width + 1
		}
	}
	var ps []placed
	used, flexible := 0, -1
	for i := range cols {
		c := &cols[i]
		if c.wide > room || c.wide > 0 && drop[c.field] {
			continue
		}
		p := placed{column: c, index: i, w: c.width}
		if c.width == 0 {
			flexible = len(ps)
		}
		used += c.width + 1
		ps = append(ps, p)
	}
	if flexible >= 0 {
		ps[flexible].w = max(w-(used-1), 8)
	}
	x := 0
	for i := range ps {
		ps[i].x = x
		x += ps[i].w + 1
	}
	return ps
}

// cellField returns the field and the value by which a cell is filtered. The
// event column answers with what it shows: the rule of an alert, the command
// of an exec, the file or address of the rest.
func (r reader) cellField(c *column, row event.Row) (field, value string, ok bool) {
	names := []string{c.field}
	switch {
	case c.field != "":
	case row.Alert != 0:
		names = []string{"alert.rule"}
	case strings.HasPrefix(row.Type.String(), "execve"):
		names = []string{"proc.cmdline", "proc.name"}
	default:
		names = []string{"fd.name", "fs.path.name", "ka.target.name", "net.host", "evt.type"}
	}
	for _, n := range names {
		if v, ok := r.raw(row, n); ok {
			return n, v, true
		}
	}
	return names[0], "", false
}
