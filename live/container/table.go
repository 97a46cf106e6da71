//go:build linux

package container

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stoop-project/stoop/internal/event"
)

// Bounds and times.
const (
	maxCgroups   = 1 << 16
	maxAsked     = 1024 // requests for metadata that wait
	keepEnded    = 10 * time.Minute
	retryFirst   = 200 * time.Millisecond
	retryMost    = 30 * time.Second
	maxTries     = 12
	checkEvery   = 2 * time.Second // whether cgroups are still there
	askTimeout   = 5 * time.Second
	maxCgroupLen = 16 << 10
)

// Keys names cgroups as the kernel's records do.
type Keys interface {
	// OfPid returns the key of the cgroup that a process is in.
	OfPid(pid int) (uint64, error)
}

// Options of a [Table].
type Options struct {
	Proc     string   // where proc is mounted; "": /proc
	Root     string   // where the hierarchy of the keys is mounted; "": unknown
	Runtimes []Asker  // in the order in which they are asked; nil: those that [Runtimes] finds from time to time
	States   []string // directories of OCI state; nil: the usual ones
}

// Asker asks one runtime about containers. It is used by several goroutines.
type Asker interface {
	// Name is the runtime's: containerd, docker, …
	Name() string
	// Ask returns what the runtime knows of a container; [ErrNotFound] when it
	// does not have it, another error when it could not be asked.
	Ask(ctx context.Context, id string) (*Meta, error)
}

// Table knows the containers of a node. All methods but Close are for one
// goroutine, the one that owns the event tables; asking runtimes happens
// elsewhere.
type Table struct {
	opt    Options
	keys   Keys
	tables *event.Tables

	host    event.ContID
	cgroups map[uint64]*seat
	byID    map[string]*known
	checked time.Time
	fresh   []*known // found a moment ago, and no runtime has told of them yet

	ask    chan request
	told   chan answer
	stop   context.CancelFunc
	ctx    context.Context
	askers sync.WaitGroup

	pending atomic.Int64 // containers that nobody has been asked about yet

	runtimesMu sync.Mutex
	looked     time.Time
	found      []Asker
}

// seat is what is known of one cgroup.
type seat struct {
	cont    *known // nil: the host
	cgroups event.Str
	text    string // of cgroups
	dir     string // below Root
	partial bool   // text is of one hierarchy alone: no process was there to ask
	gone    time.Time
}

type known struct {
	id    event.ContID
	full  string
	key   uint64
	ended time.Time
	found time.Time
	told  bool // a runtime has
}

type request struct {
	full, runtime string
	key           uint64
	tries         int
}

type answer struct {
	request
	meta *Meta
}

// New returns a table that makes its rows in tables, the host's first.
func New(tables *event.Tables, keys Keys, opt Options) *Table {
	if opt.Proc == "" {
		opt.Proc = "/proc"
	}
	if opt.States == nil {
		opt.States = stateDirs
	}
	ctx, stop := context.WithCancel(context.Background())
	t := &Table{
		opt: opt, keys: keys, tables: tables,
		cgroups: make(map[uint64]*seat), byID: make(map[string]*known), checked: time.Now(),
		ask: make(chan request, maxAsked), told: make(chan answer, maxAsked), ctx: ctx, stop: stop,
	}
	t.host = t.addHost()
	for range 2 {
		t.askers.Go(t.asker)
	}
	return t
}

// Close stops asking. It does not wait for runtimes that do not answer.
func (t *Table) Close() { t.stop() }

func (t *Table) addHost() event.ContID {
	s := t.tables.Strings.Add(event.HostID)
	return event.ContID(t.tables.Conts.Add(event.Container{ID: s, FullID: s, Name: s, Flags: event.ContHost}))
}

// Key returns the key of the cgroup that a process is in, 0 when it is gone.
func (t *Table) Key(pid uint32) uint64 {
	key, err := t.keys.OfPid(int(pid))
	if err != nil {
		return 0
	}
	return key
}

// Of returns the container of a cgroup. A cgroup that was not seen before is
// looked up by way of pid, a process in it.
func (t *Table) Of(cgroup uint64, pid uint32) (event.ContID, event.Str) {
	s := t.cgroups[cgroup]
	if s == nil {
		s = t.discover(cgroup, pid)
	}
	if s.partial && pid != 0 {
		if text := t.cgroupFile(cgroup, pid); text != "" {
			s.text, s.cgroups, s.partial = controllers(text), event.NoStr, false
		}
	}
	if s.cgroups == event.NoStr && s.text != "" {
		s.cgroups = t.tables.Strings.Add(s.text)
	}
	if s.cont == nil {
		return t.host, s.cgroups
	}
	return s.cont.id, s.cgroups
}

// discover finds out which container a cgroup is.
func (t *Table) discover(cgroup uint64, pid uint32) *seat {
	s := &seat{dir: pathOfKey(t.opt.Root, cgroup)}
	text := t.cgroupFile(cgroup, pid)
	if text == "" && s.dir != "" {
		text, s.partial = t.line(s.dir), true
	}
	if text == "" {
		return s // asked again next time: nothing is known of it
	}
	id, paths := identifyFile(text)
	s.text = controllers(text)
	if id.ID == "" {
		id = t.confirmed(paths)
	}
	if cgroup == 0 {
		if id.ID != "" {
			s.cont = t.container(id, 0)
		}
		return s
	}
	if id.ID != "" {
		s.cont = t.container(id, cgroup)
	}
	if len(t.cgroups) >= maxCgroups {
		clear(t.cgroups)
	}
	t.cgroups[cgroup] = s
	return s
}

// cgroupFile reads the cgroups of a process, if it is in that one still.
func (t *Table) cgroupFile(cgroup uint64, pid uint32) string {
	if pid == 0 {
		return ""
	}
	text, err := readBounded(filepath.Join(t.opt.Proc, strconv.FormatUint(uint64(pid), 10), "cgroup"), maxCgroupLen)
	if err != nil {
		return ""
	}
	if key := t.Key(pid); cgroup != 0 && key != 0 && key != cgroup {
		return ""
	}
	return string(text)
}

// confirmed asks the state directories of OCI runtimes whether the last part of
// one of the paths is a container's id that is no 64 hex digits.
func (t *Table) confirmed(paths []string) Identity {
	for _, p := range paths {
		name := strings.TrimSuffix(filepath.Base(p), ".scope")
		if name == "/" || name == "." || strings.HasSuffix(name, ".slice") || strings.HasSuffix(name, ".service") {
			continue
		}
		for _, dir := range t.opt.States {
			if st, err := os.Stat(filepath.Join(dir, name, "state.json")); err == nil && st.Mode().IsRegular() {
				return Identity{ID: name, Runtime: "runc"}
			}
		}
	}
	return Identity{}
}

// container returns the container of an id, made and asked about when it is new.
func (t *Table) container(id Identity, key uint64) *known {
	if k := t.byID[id.ID]; k != nil {
		return k
	}
	k := &known{full: id.ID, key: key, found: time.Now()}
	t.fresh = append(t.fresh, k)
	row := event.Container{
		ID: t.tables.Strings.Add(shortID(id.ID)), FullID: t.tables.Strings.Add(id.ID),
		CgroupID: key, Flags: event.ContInferred,
	}
	if id.Runtime != "" {
		row.Runtime = t.tables.Strings.Add(id.Runtime)
	}
	k.id = event.ContID(t.tables.Conts.Add(row))
	t.byID[id.ID] = k
	t.request(request{full: id.ID, runtime: id.Runtime, key: key})
	return k
}

func shortID(full string) string {
	if isID(full) {
		return full[:12]
	}
	return full
}

func (t *Table) request(r request) {
	select {
	case t.ask <- r:
		t.pending.Add(1)
	default: // so many at once: the next event of the container's asks again
	}
}

// Update takes in what runtimes have answered since the last call, and notes
// which containers have ended. It is called some times a second.
func (t *Table) Update(now time.Time) {
	for {
		select {
		case a := <-t.told:
			t.learn(a)
			continue
		default:
		}
		break
	}
	if now.Sub(t.checked) >= checkEvery {
		t.checked = now
		t.checkEnded(now)
	}
}

// Waiting reports whether a container was found less than patience ago of which
// no runtime has told yet.
func (t *Table) Waiting(now time.Time, patience time.Duration) bool {
	t.fresh = slices.DeleteFunc(t.fresh, func(k *known) bool { return k.told || now.Sub(k.found) > patience })
	return len(t.fresh) > 0
}

// Settle waits until the runtimes were asked about all containers that are
// known, at most for a time, and takes their answers in.
func (t *Table) Settle(most time.Duration) {
	for end := time.Now().Add(most); t.pending.Load() > 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	t.Update(time.Now())
}

func (t *Table) learn(a answer) {
	k := t.byID[a.full]
	if k == nil {
		return
	}
	k.told = true
	row := *t.tables.Cont(k.id)
	a.meta.fill(&row, t.tables.Strings.Add)
	t.tables.Conts.Set(uint32(k.id), row)
}

// checkEnded marks the containers whose cgroup is gone, and forgets those that
// ended long ago.
func (t *Table) checkEnded(now time.Time) {
	for key, s := range t.cgroups {
		if s.dir == "" || t.opt.Root == "" {
			continue
		}
		if _, err := os.Stat(filepath.Join(t.opt.Root, s.dir)); !os.IsNotExist(err) {
			continue
		}
		if s.cont == nil {
			delete(t.cgroups, key)
			continue
		}
		if s.gone.IsZero() {
			s.gone = now
		}
		switch {
		case s.cont.key != key: // a cgroup inside of the container, whose ring names it still
			if now.Sub(s.gone) > keepEnded {
				delete(t.cgroups, key)
			}
		case s.cont.ended.IsZero():
			s.cont.ended = now
			row := *t.tables.Cont(s.cont.id)
			row.Exited = now.UnixNano()
			t.tables.Conts.Set(uint32(s.cont.id), row)
		case now.Sub(s.cont.ended) > keepEnded:
			delete(t.cgroups, key)
			delete(t.byID, s.cont.full)
		}
	}
}

// Info is a container as callers need it who are not readers of events.
type Info struct {
	ID    string // 12 digits
	Key   uint64
	Cont  event.ContID // its row in the tables that are written now
	Ended time.Time
}

// Containers lists the containers that run, or ended not long ago.
func (t *Table) Containers() []Info {
	list := make([]Info, 0, len(t.byID))
	for _, k := range t.byID {
		list = append(list, Info{shortID(k.full), k.key, k.id, k.ended})
	}
	return list
}

// IDOf returns the short id of the container that a key is known for; "host"
// for the host's, "" for keys that were never seen.
func (t *Table) IDOf(key uint64) string {
	s := t.cgroups[key]
	switch {
	case s == nil:
		return ""
	case s.cont == nil:
		return event.HostID
	}
	return shortID(s.cont.full)
}

// KeysOf returns the keys of a container's cgroups, by its short id or "host".
func (t *Table) KeysOf(id string) (keys []uint64) {
	for key, s := range t.cgroups {
		if s.cont == nil && id == event.HostID || s.cont != nil && shortID(s.cont.full) == id {
			keys = append(keys, key)
		}
	}
	return keys
}

// Carry returns a function that copies rows of containers into other event
// tables, and says under which number they are there.
func (t *Table) Carry(next *event.Tables) func(event.ContID) event.ContID {
	old, moved := t.tables, map[event.ContID]event.ContID{0: 0}
	return func(id event.ContID) event.ContID {
		n, ok := moved[id]
		if !ok {
			n = event.ContID(next.Conts.Add(carryRow(old, next, *old.Cont(id))))
			moved[id] = n
		}
		return n
	}
}

// Rotate makes the table write into other event tables from now on, and
// returns how the numbers of rows translate.
func (t *Table) Rotate(next *event.Tables) func(event.ContID) event.ContID {
	carry := t.Carry(next)
	t.host = carry(t.host)
	for _, k := range t.byID {
		k.id = carry(k.id)
	}
	for _, s := range t.cgroups {
		s.cgroups = event.NoStr
	}
	t.tables = next
	return carry
}

func carryRow(old, next *event.Tables, r event.Container) event.Container {
	for _, s := range texts(&r) {
		if *s != event.NoStr {
			*s = next.Strings.Add(old.Text(*s))
		}
	}
	return r
}

// texts are the members of a row that are text.
func texts(r *event.Container) []*event.Str {
	return []*event.Str{
		&r.ID, &r.FullID, &r.Name, &r.Runtime, &r.Image, &r.Repo, &r.Tag, &r.Digest, &r.ImageID, &r.Pod, &r.PodUID, &r.Namespace,
		&r.PodSandbox, &r.PodLabels, &r.PodIP, &r.PodCNI, &r.Labels, &r.Env, &r.Mounts, &r.IP, &r.User, &r.Health, &r.Live, &r.Ready,
	}
}

// controllers turns /proc/PID/cgroup into the form of thread.cgroups.
func controllers(text string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		_, rest, _ := strings.Cut(line, ":")
		names, path, ok := strings.Cut(rest, ":")
		if !ok {
			continue
		}
		if names == "" {
			names = "unified"
		}
		for c := range strings.SplitSeq(names, ",") {
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(c + "=" + path)
		}
	}
	return b.String()
}
