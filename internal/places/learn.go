package places

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/trail"
)

// learn takes from the answers what else can be asked for.
func (f *finding) learn() {
	if f.known.Container == "" || f.known.cut {
		f.learnContainer()
	}
	f.learnPod()
	f.learnClients()
	if f.known.Container == "" {
		f.learnKin()
	}
}

// rows are all that was found.
func (f *finding) rows() iter.Seq[Hit] {
	return func(yield func(Hit) bool) {
		for _, l := range f.got {
			for _, h := range l.hits {
				if !yield(h) {
					return
				}
			}
		}
	}
}

// candidate is a container that the alert may be about.
type candidate struct {
	id    string
	fits  bool  // the alert's process is in it
	apart int64 // how far its nearest event is from the alert
}

// learnContainer chooses the container that the alert is about: the one in
// which its command ran, else the one with the event nearest to it.
func (f *finding) learnContainer() {
	k := &f.known
	byID := map[string]*candidate{}
	for h := range f.rows() {
		r := h.Row()
		id := text(r, fieldContainer)
		if id == "" || k.cut && !strings.HasPrefix(id, k.Container) {
			continue
		}
		c := byID[id]
		if c == nil {
			c = &candidate{id: id, apart: 1 << 62}
			byID[id] = c
		}
		apart := h.Time() - k.Time
		apart = max(apart, -apart)
		c.apart = min(c.apart, apart)
		c.fits = c.fits || apart < closeBy && k.Line != "" && text(r, fieldLine) == k.Line
	}
	if len(byID) == 0 {
		return
	}
	all := make([]*candidate, 0, len(byID))
	for _, c := range byID {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *candidate) int {
		if a.fits != b.fits {
			if a.fits {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.apart, b.apart), cmp.Compare(a.id, b.id))
	})
	if k.cut {
		f.asked[filter.Source(is("container.id", all[0].id))] = true // its events were asked for by a part of the id
	}
	k.Container, k.cut = all[0].id, false
	if k.Key == trail.ByNothing {
		k.Key = trail.ByContainer
	}
	if len(all) == 1 {
		return
	}
	why := "the one with the event nearest to the alert was taken"
	if all[0].fits && !all[1].fits {
		why = "the one in which the alert's command ran was taken"
	}
	f.choice = fmt.Sprintf("%d containers fit (%s): %s", len(all), some(all), why)
}

// closeBy is how near to the alert its command's events are.
const closeBy = 10e9

// some names containers.
func some(all []*candidate) string {
	const most = 4
	var ids []string
	for _, c := range all[:min(len(all), most)] {
		ids = append(ids, c.id)
	}
	if len(all) > most {
		ids = append(ids, "…")
	}
	return strings.Join(ids, ", ")
}

// maxAddresses is how many addresses of a pod are asked for.
const maxAddresses = 4

// learnPod takes the pod's name and addresses from the container's rows.
func (f *finding) learnPod() {
	k := &f.known
	if k.Container == "" || k.Container == event.HostID {
		return
	}
	type seen struct {
		t  *event.Tables
		id event.ContID
	}
	done := map[seen]bool{}
	for h := range f.rows() {
		r := h.Row()
		at := seen{r.T, r.P().Cont}
		if done[at] {
			continue
		}
		done[at] = true
		c := r.C()
		if r.T.Text(c.ID) != k.Container {
			continue
		}
		if k.Pod == "" {
			k.Pod, k.Namespace = r.T.Text(c.Pod), r.T.Text(c.Namespace)
		}
		if k.Namespace == "" && k.Pod == r.T.Text(c.Pod) {
			k.Namespace = r.T.Text(c.Namespace)
		}
		if c.Flags&event.ContHostNetwork != 0 {
			continue // its addresses are the node's
		}
		for _, ip := range []string{r.T.Text(c.PodIP), r.T.Text(c.IP)} {
			if ip != "" && len(k.ips) < maxAddresses && !slices.Contains(k.ips, ip) {
				k.ips = append(k.ips, ip)
			}
		}
	}
}

// maxClients is of how many connections the other ends are asked for.
const maxClients = 32

// learnClients takes the clients' ends of the container's connections, by which
// their other ends are known: those nearest to the alert. A pod's own address has
// all of its connections asked for already.
func (f *finding) learnClients() {
	k := &f.known
	if k.Container == "" || k.Container == event.HostID || k.cut || len(k.clients) > 0 {
		return
	}
	near := map[event.Endpoint]int64{}
	for h := range f.rows() {
		r := h.Row()
		if r.Obj == 0 || !r.O().Kind.Inet() {
			continue
		}
		c := r.O().Client()
		if !c.Known || c.Port == 0 || text(r, fieldContainer) != k.Container || slices.Contains(k.ips, c.Addr().String()) {
			continue
		}
		apart := max(h.Time()-k.Time, k.Time-h.Time())
		if before, ok := near[c]; !ok || apart < before {
			near[c] = apart
		}
	}
	for c := range near {
		k.clients = append(k.clients, c)
	}
	slices.SortFunc(k.clients, func(a, b event.Endpoint) int {
		return cmp.Or(cmp.Compare(near[a], near[b]), a.Addr().Compare(b.Addr()), cmp.Compare(a.Port, b.Port))
	})
	k.clients = k.clients[:min(len(k.clients), maxClients)]
}

// maxKin is how many processes are followed by their entity ids.
const maxKin = 500

// learnKin takes the entity ids of the process's ancestors and descendants from
// what was found.
func (f *finding) learnKin() {
	k := &f.known
	if k.Entity == "" {
		return
	}
	parents, children := map[string]string{}, map[string][]string{}
	for h := range f.rows() {
		r := h.Row()
		id, parent := text(r, fieldEntity), text(r, fieldParentEntity)
		if id != "" && parent != "" && parents[id] == "" {
			parents[id] = parent
			children[parent] = append(children[parent], id)
		}
	}
	if k.Parent == "" {
		if k.Parent = parents[k.Entity]; k.Parent != "" {
			k.down = append(k.down, k.Parent)
		}
	}
	for up := parents[k.Entity]; up != "" && len(k.up) < event.MaxAncestors && !slices.Contains(k.up, up); up = parents[up] {
		k.up = append(k.up, up)
	}
	for i := 0; i < len(k.down) && len(k.down) < maxKin; i++ {
		for _, c := range children[k.down[i]] {
			if !slices.Contains(k.down, c) {
				k.down = append(k.down, c)
			}
		}
	}
}

// fields that are read by name.
var (
	fieldContainer    = event.MustAsk("container.id")
	fieldLine         = event.MustAsk("proc.cmdline")
	fieldEntity       = event.MustAsk("proc.entity_id")
	fieldParentEntity = event.MustAsk("proc.parent.entity_id")
)

// text reads a field as text, "" when it is missing.
func text(r event.Row, f event.Asked) string { return f.Text(r) }
