package main

import (
	"bufio"
	"fmt"
	"strconv"
	"text/tabwriter"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/pivot"
	"github.com/stoop-project/stoop/internal/safetext"
)

// writeAround writes what pivots found: first how each was looked for, then
// the timeline.
func (c *printCmd) writeAround(a *app, columns []column, from pivot.Hit, answers []pivot.Answer) error {
	rows := pivot.Merge(answers)
	if c.Limit > 0 {
		rows = nearest(rows, from, c.Limit)
	}
	out := bufio.NewWriterSize(a.out, 64<<10)
	w := aroundWriter{out: out, redact: !c.ShowSecrets, columns: columns}
	var err error
	if c.Output == "json" {
		err = w.json(answers, rows)
	} else {
		err = w.table(answers, rows)
	}
	p := printer{rows: noRows{}, out: out, err: err}
	return p.finish()
}

// nearest keeps the event and the n rows nearest to it in time.
func nearest(rows []pivot.Row, from pivot.Hit, n int) []pivot.Row {
	for len(rows) > n+1 {
		if first, last := from.Time()-rows[0].Time(), rows[len(rows)-1].Time()-from.Time(); first > last {
			rows = rows[1:]
		} else {
			rows = rows[:len(rows)-1]
		}
	}
	return rows
}

// aroundWriter writes answers and their timeline.
type aroundWriter struct {
	out     *bufio.Writer
	columns []column // nil: those that go by themselves
	redact  bool
}

// mask makes a text of a condition safe to print on one line.
func (w aroundWriter) mask(text string) string {
	if w.redact {
		text = safetext.Redact(text)
	}
	return safetext.Line(text)
}

func (w aroundWriter) table(answers []pivot.Answer, rows []pivot.Row) error {
	tabs := tabwriter.NewWriter(w.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tabs, "PIVOT\tFOUND\tLOOKED FOR")
	for i := range answers {
		a := &answers[i]
		fmt.Fprintf(tabs, "%s\t%s\t%s\n", a.Pivot.Name, foundText(a), w.mask(a.Say()))
	}
	fmt.Fprintln(tabs)
	if err := tabs.Flush(); err != nil {
		return err
	}
	columns := w.columns
	if columns == nil {
		columns = columnsByDefault()
	}
	t := &tableRows{out: safetext.NewWriter(w.out), columns: columns, redact: w.redact, lead: "PIVOT"}
	for _, r := range rows {
		t.leadCell = pivotNames(r)
		t.row(r.Row())
	}
	return t.flush()
}

// foundText is how many events a pivot found.
func foundText(a *pivot.Answer) string {
	switch {
	case len(a.Tried) == 0:
		return "-"
	case a.More:
		return strconv.Itoa(len(a.Found)) + "+"
	}
	return strconv.Itoa(len(a.Found))
}

// json writes an object for each pivot and one for each event; the latter has
// "pivots", the former "pivot".
func (w aroundWriter) json(answers []pivot.Answer, rows []pivot.Row) error {
	text := clean(w.redact)
	var buf []byte
	for i := range answers {
		buf = appendAnswer(buf, &answers[i], text)
	}
	if _, err := w.out.Write(buf); err != nil {
		return err
	}
	j := newJSONRows(w.out, w.columns, w.redact)
	for _, r := range rows {
		j.lead = append(j.lead[:0], `"pivots":[`...)
		for k, name := range r.Pivots {
			if k > 0 {
				j.lead = append(j.lead, ',')
			}
			j.lead = safetext.AppendJSON(j.lead, name)
		}
		j.lead = append(j.lead, ']')
		j.row(r.Row())
	}
	return j.failed()
}

func appendAnswer(buf []byte, a *pivot.Answer, text event.AppendText) []byte {
	member := func(name, value string) {
		buf = append(append(append(buf, `,"`...), name...), `":`...)
		buf = text(buf, value)
	}
	buf = append(buf, `{"pivot":`...)
	buf = safetext.AppendJSON(buf, a.Pivot.Name)
	member("title", a.Pivot.Title)
	buf = fmt.Appendf(buf, `,"found":%d,"more":%v`, len(a.Found), a.More)
	if len(a.Tried) > 0 {
		from, to := a.Step().Window.Span(a.At)
		member("key", a.Step().Key.String())
		member("window", a.Step().Window.String())
		buf = fmt.Appendf(buf, `,"from":%d,"to":%d,"tried":[`, from, to-1)
		for i, s := range a.Tried {
			if i > 0 {
				buf = append(buf, ',')
			}
			buf = text(append(buf, `{"key":`...), s.Key.String())
			buf = text(append(buf, `,"window":`...), s.Window.String())
			buf = append(buf, '}')
		}
		buf = append(buf, ']')
	}
	member("says", a.Say())
	return append(buf, "}\n"...)
}

// noRows stands where the rows were written already.
type noRows struct{}

func (noRows) row(event.Row) {}
func (noRows) flush() error  { return nil }
func (noRows) failed() error { return nil }
