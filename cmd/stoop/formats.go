package main

import (
	"bytes"
	"encoding/csv"
	"io"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/safetext"
)

// jsonRows writes one JSON object a line.
type jsonRows struct {
	out     io.Writer
	columns []column // nil: every field
	text    event.AppendText
	all     *event.JSON
	lead    []byte // members that stand before an event's own; may be empty
	buf     []byte
	err     error
}

func newJSONRows(out io.Writer, columns []column, redact bool) *jsonRows {
	return &jsonRows{out: out, columns: columns, text: clean(redact), all: event.NewJSON(clean(redact))}
}

func (j *jsonRows) row(r event.Row) {
	j.buf = j.buf[:0]
	if j.columns == nil {
		j.buf = appendChain(j.all.Append(j.buf, r), r, j.text)
	} else {
		j.buf = append(j.buf, '{')
		for i, c := range j.columns {
			if i > 0 {
				j.buf = append(j.buf, ',')
			}
			j.buf = append(safetext.AppendJSON(j.buf, c.name), ':')
			if v, ok := c.field.Show(r, c.arg); ok {
				j.buf = v.AppendJSON(j.buf, j.text)
			} else {
				j.buf = append(j.buf, "null"...)
			}
		}
		j.buf = append(j.buf, '}')
	}
	j.buf = append(j.buf, '\n')
	if len(j.lead) > 0 {
		j.buf = slices.Insert(j.buf, 1, append(j.lead, ',')...)
	}
	if j.err == nil {
		_, j.err = j.out.Write(j.buf)
	}
}

func (j *jsonRows) flush() error  { return j.err }
func (j *jsonRows) failed() error { return j.err }

// clean returns how a text value is written in JSON.
func clean(redact bool) event.AppendText {
	if redact {
		return func(dst []byte, s string) []byte { return safetext.AppendJSON(dst, safetext.Redact(s)) }
	}
	return safetext.AppendJSON
}

// csvRows writes RFC 4180 with a header line.
type csvRows struct {
	w       *csv.Writer
	columns []column
	redact  bool
	cells   []string
	header  bool
}

func newCSVRows(out io.Writer, columns []column, redact bool) *csvRows {
	return &csvRows{w: csv.NewWriter(out), columns: columns, redact: redact, cells: make([]string, len(columns))}
}

func (c *csvRows) row(r event.Row) {
	c.head()
	for i, col := range c.columns {
		c.cells[i] = safetext.Cell(col.value(r, c.redact))
	}
	c.w.Write(c.cells) //nolint:errcheck // kept by the writer, see failed
}

// head writes the names, also when no event follows.
func (c *csvRows) head() {
	if c.header {
		return
	}
	c.header = true
	for i, col := range c.columns {
		c.cells[i] = safetext.Line(col.name)
	}
	c.w.Write(c.cells) //nolint:errcheck // kept by the writer, see failed
}

func (c *csvRows) flush() error {
	c.head()
	c.w.Flush()
	return c.w.Error()
}

func (c *csvRows) failed() error { return c.w.Error() }

// tableRows writes aligned columns. It looks at the first rows to choose the
// widths; a later cell that is wider pushes its own line only. The last column
// is never padded.
type tableRows struct {
	out      *safetext.Writer
	columns  []column
	heads    []string // titles of columns that are no fields, in the place of fields
	redact   bool
	lead     string // title of a column before the fields; "" for none
	leadCell string // what stands in it in the next row
	widths   []int
	chains   bool       // below alerts of sequences their steps are told
	waiting  [][]string // rows before the widths are chosen
	cells    []string
	buf      []byte
	err      error
}

const (
	tableLook     = 200 // rows looked at for the widths
	tableMaxWidth = 48  // cells; a column of a table is not padded further
)

func (t *tableRows) row(r event.Row) {
	t.cells = t.cells[:0]
	if t.lead != "" {
		t.cells = append(t.cells, safetext.Line(t.leadCell))
	}
	for _, c := range t.columns {
		t.cells = append(t.cells, safetext.Line(c.value(r, t.redact)))
	}
	t.text(t.cells)
	if t.chains {
		for _, l := range chainLines(r, t.redact) {
			t.text([]string{l})
		}
	}
}

// text writes a row of cells that are safe, or a line of a single one.
func (t *tableRows) text(cells []string) {
	if t.widths != nil {
		t.line(cells)
		return
	}
	if t.waiting = append(t.waiting, slices.Clone(cells)); len(t.waiting) == tableLook {
		t.choose()
	}
}

// choose sets the widths and writes the header and the rows that waited.
func (t *tableRows) choose() {
	var head []string
	if t.lead != "" {
		head = append(head, t.lead)
	}
	for _, c := range t.columns {
		head = append(head, strings.ToUpper(c.name))
	}
	head = append(head, t.heads...)
	t.widths = make([]int, len(head))
	for i := range head {
		t.widths[i] = cellWidth(head[i])
		for _, cells := range t.waiting {
			if len(cells) != len(head) {
				continue
			}
			t.widths[i] = max(t.widths[i], min(cellWidth(cells[i]), tableMaxWidth))
		}
	}
	t.line(head)
	for _, cells := range t.waiting {
		t.line(cells)
	}
	t.waiting = nil
}

func (t *tableRows) line(cells []string) {
	t.buf = t.buf[:0]
	for i, cell := range cells {
		t.buf = append(t.buf, cell...)
		if i < len(cells)-1 {
			for range max(t.widths[i]-cellWidth(cell), 0) + 2 {
				t.buf = append(t.buf, ' ')
			}
		}
	}
	if t.err == nil {
		_, t.err = t.out.Write(bytes.TrimRight(t.buf, " "))
	}
	if t.err == nil {
		t.err = t.out.WriteTrusted("\n")
	}
}

// cellWidth is how many cells of a terminal a text takes; one each where all is
// printable ASCII, which most texts are.
func cellWidth(s string) int {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return ansi.StringWidth(s)
		}
	}
	return len(s)
}

// flush writes the rows that wait; a table without rows is nothing at all.
func (t *tableRows) flush() error {
	if len(t.waiting) > 0 {
		t.choose()
	}
	return t.err
}

func (t *tableRows) failed() error { return t.err }
