//go:build linux

package container

import (
	"time"

	"github.com/stoop-project/stoop/internal/event"
)

// Cgroup is what a table knows of a cgroup, for another process to take over:
// the cgroup may be gone by then.
type Cgroup struct {
	Key     uint64          `json:"key"`
	Cgroups string          `json:"cgroups"`
	Row     event.Container `json:"row"`  // its texts mean nothing here
	Texts   []string        `json:"text"` // in the order of texts
}

// Export returns what is known of the cgroups with these keys. The host's are
// left out: that is what unknown ones are taken for.
func (t *Table) Export(keys map[uint64]bool) []Cgroup {
	list := make([]Cgroup, 0, len(keys))
	for key := range keys {
		s := t.cgroups[key]
		if s == nil || s.cont == nil {
			continue
		}
		c := Cgroup{Key: key, Cgroups: s.text, Row: *t.tables.Cont(s.cont.id)}
		for _, text := range texts(&c.Row) {
			c.Texts = append(c.Texts, t.tables.Text(*text))
		}
		list = append(list, c)
	}
	return list
}

// Import takes over what another table knows of cgroups that this one does not.
func (t *Table) Import(list []Cgroup) {
	for _, c := range list {
		row := c.Row
		to := texts(&row)
		if len(c.Texts) != len(to) || len(t.cgroups) >= maxCgroups {
			continue
		}
		if s := t.cgroups[c.Key]; s != nil && s.cont != nil && t.tables.Cont(s.cont.id).Flags&event.ContInferred == 0 {
			continue // described already
		}
		for i, text := range c.Texts {
			*to[i] = event.NoStr
			if text != "" {
				*to[i] = t.tables.Strings.Add(text)
			}
		}
		full := t.tables.Text(row.FullID)
		k := t.byID[full]
		if k == nil {
			k = &known{full: full, key: c.Key, ended: time.Unix(0, row.Exited)}
			if row.Exited == 0 {
				k.ended = time.Time{}
			}
			k.id = event.ContID(t.tables.Conts.Add(row))
			t.byID[full] = k
		} else if t.tables.Cont(k.id).Flags&event.ContInferred != 0 {
			t.tables.Conts.Set(uint32(k.id), row)
		}
		t.cgroups[c.Key] = &seat{cont: k, text: c.Cgroups, dir: pathOfKey(t.opt.Root, c.Key)}
	}
}
