package pivot

import (
	"errors"
	"fmt"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// template is a condition with values of an event left open.
type template struct {
	expr  filter.Expr
	holes map[string]hole // by what stands for the value: %k8s.pod.name
}

// hole is a value left open: the event's value of a field.
type hole struct {
	name  string
	field *event.Field
	arg   event.Arg
}

// maxMembers bounds how many members of a list are looked for.
const maxMembers = 100

// parseTemplate reads a condition in which %field stands for an event's value.
func parseTemplate(text string) (*template, error) {
	e, err := filter.Parse(text)
	if err != nil {
		return nil, err
	}
	t := &template{expr: e, holes: make(map[string]hole)}
	filter.Walk(e, func(e filter.Expr) bool {
		if c, ok := e.(*filter.Check); ok && err == nil {
			err = t.addHoles(c)
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	if len(t.holes) == 0 {
		return nil, errors.New("nothing of the event is looked for: write %field where its value belongs")
	}
	return t, t.compiles()
}

// addHoles finds what a check leaves open.
func (t *template) addHoles(c *filter.Check) error {
	switch right := c.Right.(type) {
	case *filter.Value:
		if err := t.addHole(right, false); err != nil || !isHole(right) {
			return err
		}
		if !takesText(c) {
			return fmt.Errorf("%s: the operator %s takes no value of an event; = does, and in (…)", right.Text, c.Op)
		}
	case *filter.List:
		for _, v := range right.Items {
			if err := t.addHole(v, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// takesText reports whether a check's value may be any text: it is quoted when
// the condition is written.
func takesText(c *filter.Check) bool {
	switch c.Op {
	case filter.OpEq, filter.OpNE, filter.OpContains, filter.OpIContains, filter.OpStartsWith, filter.OpEndsWith:
		return c.Mod == filter.ModNone
	}
	return false
}

// isHole reports whether a value is left open.
func isHole(v *filter.Value) bool { return !v.Quoted && strings.HasPrefix(v.Text, "%") }

func (t *template) addHole(v *filter.Value, inList bool) error {
	if !isHole(v) {
		return nil
	}
	name := v.Text[1:]
	f, arg, err := event.Fields.Parse(name)
	if err != nil {
		return fmt.Errorf("%s: %w", v.Text, err)
	}
	if f.Flags.Has(event.IsList) && !arg.Set && !inList {
		return fmt.Errorf("%s: the field is a list; write in (%s) or intersects (%s)", v.Text, v.Text, v.Text)
	}
	t.holes[v.Text] = hole{name: name, field: f, arg: arg}
	return nil
}

// samples are tried for values that are texts: one of them must fit.
var samples = []string{"127.0.0.1", "1", "true", "tcp"}

// compiles reports why no value could make a filter of the template.
func (t *template) compiles() (err error) {
	for _, sample := range samples {
		_, err = t.fill(func(h hole) []string {
			switch h.field.Kind {
			case event.IP, event.Net:
				return []string{"127.0.0.1"}
			case event.Bool:
				return []string{"true"}
			case event.String, event.Bytes:
				return []string{sample}
			}
			return []string{"1"}
		})
		if err == nil {
			return nil
		}
	}
	return err
}

// missing returns the first field that an event lacks; "" when it has all.
func (t *template) missing(row event.Row) string {
	lacks := ""
	t.eachHole(func(h hole) {
		if lacks == "" && len(h.values(row)) == 0 {
			lacks = h.name
		}
	})
	return lacks
}

// eachHole goes through the holes in the order of the text.
func (t *template) eachHole(visit func(hole)) {
	seen := func(v *filter.Value) {
		if h, ok := t.holes[v.Text]; ok && isHole(v) {
			visit(h)
		}
	}
	filter.Walk(t.expr, func(e filter.Expr) bool {
		if c, ok := e.(*filter.Check); ok {
			switch right := c.Right.(type) {
			case *filter.Value:
				seen(right)
			case *filter.List:
				for _, v := range right.Items {
					seen(v)
				}
			}
		}
		return true
	})
}

// values are a hole's in an event; none when there is nothing to look for.
func (h hole) values(row event.Row) (texts []string) {
	if row.B == nil && h.field.Home == event.HomeEvent {
		return nil
	}
	v, ok := h.field.Get(row, h.arg)
	if !ok {
		return nil
	}
	members := v.List
	if members == nil {
		members = []event.Value{v}
	}
	for _, m := range members {
		if text := m.String(); text != "" && text != event.NotAvailable && len(texts) < maxMembers {
			texts = append(texts, text)
		}
	}
	return texts
}

// fill puts values into the condition and compiles it.
func (t *template) fill(values func(hole) []string) (*filter.Filter, error) {
	e := t.filled(t.expr, values)
	and, ok := e.(*filter.And)
	if !ok {
		return filter.Compile(filter.Source(e), event.Fields)
	}
	parts := make([]string, len(and.X)) // without the brackets around all of it
	for i, x := range and.X {
		parts[i] = filter.Source(x)
	}
	return filter.Compile(filter.All(parts...), event.Fields)
}

func (t *template) filled(e filter.Expr, values func(hole) []string) filter.Expr {
	switch e := e.(type) {
	case *filter.And:
		return &filter.And{X: t.filledAll(e.X, values)}
	case *filter.Or:
		return &filter.Or{X: t.filledAll(e.X, values)}
	case *filter.Not:
		return &filter.Not{X: t.filled(e.X, values)}
	case *filter.Check:
		c := *e
		switch right := e.Right.(type) {
		case *filter.Value:
			if isHole(right) {
				c.Right = &filter.Value{Text: values(t.holes[right.Text])[0]}
			}
		case *filter.List:
			c.Right = &filter.List{Items: t.members(right.Items, values)}
		}
		return &c
	}
	return e
}

func (t *template) filledAll(xs []filter.Expr, values func(hole) []string) []filter.Expr {
	all := make([]filter.Expr, len(xs))
	for i, x := range xs {
		all[i] = t.filled(x, values)
	}
	return all
}

func (t *template) members(items []*filter.Value, values func(hole) []string) (all []*filter.Value) {
	for _, v := range items {
		if !isHole(v) {
			all = append(all, v)
			continue
		}
		for _, text := range values(t.holes[v.Text]) {
			all = append(all, &filter.Value{Text: text})
		}
	}
	return all
}
