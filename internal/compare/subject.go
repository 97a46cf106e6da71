package compare

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// Subject is the container that is compared.
type Subject struct {
	ID    string // of 12 digits
	Name  string // of its pod, else its own; "" when not known
	Image string // as people write it
	like  string // the condition that a container is of the same image; "" when not known
}

// Of is the container of an event. An error says what the event lacks.
func Of(row event.Row) (Subject, error) {
	t, c := row.T, row.C()
	s := Subject{ID: t.Text(c.ID), Name: t.Text(c.Name), Image: t.Text(c.Image)}
	if pod := t.Text(c.Pod); pod != "" {
		s.Name = t.Text(c.Namespace) + "/" + pod
	}
	switch {
	case s.ID == "":
		return s, errors.New("this event does not say which container it is of")
	case s.ID == event.HostID:
		return s, errors.New("this event is of the host, which has no siblings; put the cursor on one of a container")
	}
	// The digest says most: a tag may name another image tomorrow.
	for _, by := range []struct {
		field string
		value event.Str
	}{{"container.image.digest", c.Digest}, {"container.image.id", c.ImageID}, {"container.image", c.Image}} {
		if v := t.Text(by.value); v != "" {
			s.like = equals(by.field, v)
			break
		}
	}
	return s, nil
}

// Find finds a container by its id, or the beginning of it, or its own name or
// that of its pod. An error says that there is none, or that there are several.
func Find(ctx context.Context, name string, count Count) (Subject, error) {
	c := comparing{count: count}
	q, err := c.query(dashboard.Panel{
		Title: "containers", Kind: dashboard.Table, Limit: dashboard.MaxLimit,
		By: []string{"container.id", "k8s.ns.name", "k8s.pod.name", "container.name", "container.image.digest", "container.image"},
	}, dashboard.Span{}, filter.Source(&filter.Or{X: []filter.Expr{
		check("container.id", filter.OpEq, name[:min(len(name), 12)]), check("container.name", filter.OpEq, name), check("k8s.pod.name", filter.OpEq, name),
	}}))
	if err != nil {
		return Subject{}, err
	}
	found, err := count(ctx, []dashboard.Query{q})
	if err != nil {
		return Subject{}, err
	}
	// What a source learns late stands in a row of its own: the fullest counts.
	subjects := make(map[string]Subject)
	for _, g := range found[0].Groups {
		k := g.Keys
		s := Subject{ID: k[0], Name: k[3], Image: k[5]}
		if k[2] != "" {
			s.Name = k[1] + "/" + k[2]
		}
		switch {
		case k[4] != "":
			s.like = equals("container.image.digest", k[4])
		case k[5] != "":
			s.like = equals("container.image", k[5])
		}
		if had, ok := subjects[s.ID]; s.ID != "" && (!ok || len(s.like) > len(had.like)) {
			subjects[s.ID] = s
		}
	}
	delete(subjects, event.HostID)
	switch ids := slices.Sorted(maps.Keys(subjects)); len(ids) {
	case 0:
		return Subject{}, fmt.Errorf("no container has the id or the name %q, and no pod: `stoop print SOURCE --columns container.id,container.name,k8s.pod.name` lists what there is", name)
	case 1:
		return subjects[ids[0]], nil
	default:
		return Subject{}, fmt.Errorf("%d containers are called %q; name one of them by its id: %s", len(ids), name, strings.Join(ids[:min(len(ids), 10)], ", "))
	}
}

// Title names the container as people do.
func (s Subject) Title() string {
	if s.Name == "" {
		return s.ID
	}
	return fmt.Sprintf("%s (%s)", s.Name, s.ID)
}

func (s Subject) self() string { return equals("container.id", s.ID) }

// siblings is the condition for the other containers of the image.
func (s Subject) siblings() string {
	return filter.All(s.like, filter.Source(&filter.Not{X: check("container.id", filter.OpEq, s.ID)}))
}

func check(field string, op filter.Op, value string) *filter.Check {
	return &filter.Check{Left: &filter.Field{Name: field}, Op: op, Right: &filter.Value{Text: value}}
}

// equals writes the condition that a field has a value.
func equals(field, value string) string { return filter.Source(check(field, filter.OpEq, value)) }

// oneOf writes the condition that a field has one of some values.
func oneOf(field string, values []string) string {
	list := &filter.List{}
	for _, v := range values {
		list.Items = append(list.Items, &filter.Value{Text: v})
	}
	return filter.Source(&filter.Check{Left: &filter.Field{Name: field}, Op: filter.OpIn, Right: list})
}

// like writes the condition that a field fits one of some globs.
func like(field string, globs []string) string {
	or := &filter.Or{}
	for _, g := range globs {
		or.X = append(or.X, check(field, filter.OpGlob, g))
	}
	if len(or.X) == 1 {
		return filter.Source(or.X[0])
	}
	return filter.Source(or)
}
