//go:build linux

package container

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
)

func TestMaskEnv(t *testing.T) {
	got := maskEnv([]string{"COLOUR=blue", "DB_PASSWORD=hunter2", "GITHUB_TOKEN=x", "URL=https://me:pw@host/x", "EMPTY"})
	want := []string{"COLOUR=blue", "DB_PASSWORD=***", "GITHUB_TOKEN=***", "URL=https://me:***@host/x", "EMPTY="}
	if !slices.Equal(got, want) {
		t.Errorf("have %q\nwant %q", got, want)
	}
}

func TestBounds(t *testing.T) {
	m := Meta{Name: strings.Repeat("ä", 4000), Labels: map[string]string{}}
	for i := range 5000 {
		m.Labels[strings.Repeat("k", i%100)+string(rune('a'+i%26))] = strings.Repeat("v", 5000)
		m.Env = append(m.Env, "A=b\x00c")
	}
	tables := event.NewTables()
	var row event.Container
	m.fill(&row, tables.Strings.Add)
	if n := len(tables.Text(row.Name)); n > maxText || n%2 != 0 {
		t.Errorf("name of %d bytes", n)
	}
	if n := len(tables.Text(row.Labels)); n > maxList*(maxText+1) {
		t.Errorf("labels of %d bytes", n)
	}
	if env := tables.Text(row.Env); strings.Count(env, "\x00") > maxList {
		t.Errorf("%d variables", strings.Count(env, "\x00"))
	}
}

// oneKey puts every process into one cgroup.
type oneKey uint64

func (k oneKey) OfPid(int) (uint64, error) {
	if k == 0 {
		return 0, errors.New("gone")
	}
	return uint64(k), nil
}

// fakeProc makes a /proc with one process in a cgroup.
func fakeProc(t *testing.T, cgroups string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "10"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "10", "cgroup"), []byte(cgroups), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// slow answers when it is told to.
type slow struct{ say chan *Meta }

func (s slow) Name() string { return "slow" }
func (s slow) Ask(ctx context.Context, _ string) (*Meta, error) {
	select {
	case m := <-s.say:
		return m, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// The event path never waits, and what comes late shows on the same row.
func TestLateAnswer(t *testing.T) {
	tables := event.NewTables()
	rt := slow{make(chan *Meta)}
	c := New(tables, oneKey(5), Options{Proc: fakeProc(t, "0::/docker/"+idA+"\n"), Runtimes: []Asker{rt}})
	defer c.Close()
	begin := time.Now()
	id, cgroups := c.Of(5, 10)
	if d := time.Since(begin); d > 10*time.Second { // for ever, if it waited
		t.Errorf("identifying took %v", d)
	}
	row := tables.Cont(id)
	if tables.Text(row.ID) != idA[:12] || row.Flags&event.ContInferred == 0 || tables.Text(cgroups) != "unified=/docker/"+idA {
		t.Errorf("row %+v, cgroups %q", row, tables.Text(cgroups))
	}
	rt.say <- &Meta{Name: "web", Image: "shop/web:1", Started: 1, InitPID: 10}
	for end := time.Now().Add(30 * time.Second); tables.Cont(id).Name == event.NoStr; c.Update(time.Now()) {
		if time.Now().After(end) {
			t.Fatal("the answer never came")
		}
		time.Sleep(time.Millisecond)
	}
	row = tables.Cont(id)
	if tables.Text(row.Name) != "web" || tables.Text(row.Tag) != "1" || row.Flags&event.ContInferred != 0 || tables.Text(row.Runtime) != "slow" {
		t.Errorf("row %+v", row)
	}
	if again, _ := c.Of(5, 10); again != id {
		t.Error("the same cgroup is another container now")
	}
}

func TestHost(t *testing.T) {
	tables := event.NewTables()
	c := New(tables, oneKey(5), Options{Proc: fakeProc(t, "0::/user.slice/session-1.scope\n"), Runtimes: []Asker{}, States: []string{}})
	defer c.Close()
	id, _ := c.Of(5, 10)
	if row := tables.Cont(id); !row.IsHost() || tables.Text(row.ID) != event.HostID {
		t.Errorf("a session is in %+v", row)
	}
	if got := c.IDOf(5); got != event.HostID {
		t.Errorf("its key is of %q", got)
	}
}

// A name that is no id is believed when a runtime keeps state under it.
func TestConfirmedByState(t *testing.T) {
	state, bundle := t.TempDir(), t.TempDir()
	write := func(path string, v any) {
		t.Helper()
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(state, "web", "state.json"), map[string]any{"init_process_pid": 10, "created": "2026-01-02T03:04:05Z", "config": map[string]any{"labels": []string{"bundle=" + bundle}}})
	write(filepath.Join(bundle, "config.json"), map[string]any{
		"process": map[string]any{"env": []string{"A=b"}},
		"linux":   map[string]any{"namespaces": []map[string]string{{"type": "pid"}}, "maskedPaths": []string{"/proc/kcore"}},
	})
	tables := event.NewTables()
	c := New(tables, oneKey(5), Options{
		Proc: fakeProc(t, "0::/web\n"), States: []string{state},
		Runtimes: []Asker{&bundles{states: []string{state}}},
	})
	defer c.Close()
	id, _ := c.Of(5, 10)
	if tables.Text(tables.Cont(id).ID) != "web" {
		t.Fatalf("row %+v", tables.Cont(id))
	}
	for end := time.Now().Add(30 * time.Second); tables.Cont(id).InitPID == 0 && time.Now().Before(end); c.Update(time.Now()) {
		time.Sleep(time.Millisecond)
	}
	row := tables.Cont(id)
	want := event.ContSecurityKnown | event.ContHostNetwork | event.ContHostIPC
	if row.InitPID != 10 || row.Flags != want || tables.Text(row.Env) != "A=b\x00" || row.Started == 0 {
		t.Errorf("row %+v, flags %b, want %b", row, row.Flags, want)
	}
}

func TestDocker(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "d.sock")
	ln, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/containers/"+idA+"/json", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"Id":"` + idA + `","Name":"/web","Created":"2026-01-02T03:04:05Z","State":{"Pid":10,"StartedAt":"2026-01-02T03:04:06.5Z"},
			"Image":"sha256:1","Config":{"Image":"shop/web:2","Env":["A=b"],"Labels":{"tier":"front"},"Healthcheck":{"Test":["CMD","true"]}},
			"HostConfig":{"Privileged":true,"NetworkMode":"host"},"Mounts":[{"Source":"/a","Destination":"/b","Mode":"z","RW":true,"Propagation":"rprivate"}]}`))
	})
	mux.HandleFunc("/images/sha256:1/json", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"RepoDigests":["shop/web@sha256:2"]}`))
	})
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: time.Second}
	go func() { _ = srv.Serve(ln) }()
	defer srv.Close()

	d := newDocker("docker", socket)
	m, err := d.Ask(t.Context(), idA)
	if err != nil {
		t.Fatal(err)
	}
	tables := event.NewTables()
	var row event.Container
	m.fill(&row, tables.Strings.Add)
	for _, f := range []struct {
		name string
		have event.Str
		want string
	}{
		{"name", row.Name, "web"},
		{"image", row.Image, "shop/web:2"},
		{"digest", row.Digest, "sha256:2"},
		{"labels", row.Labels, "tier=front\x00"},
		{"mounts", row.Mounts, "/a:/b:z:true:rprivate\x00"},
		{"health", row.Health, "true"},
	} {
		if got := tables.Text(f.have); got != f.want {
			t.Errorf("%s is %q, want %q", f.name, got, f.want)
		}
	}
	if row.InitPID != 10 || row.Flags != event.ContPrivileged|event.ContSecurityKnown|event.ContHostNetwork || row.Started != 1767323046500000000 {
		t.Errorf("row %+v", row)
	}
	if _, err := d.Ask(t.Context(), "none"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a container that is not there: %v", err)
	}
}

// A container that is gone is known to who asks one that knew it.
func TestExport(t *testing.T) {
	tables, other := event.NewTables(), event.NewTables()
	other.Strings.Add("so that numbers differ")
	a := New(tables, oneKey(5), Options{Proc: fakeProc(t, "0::/docker/"+idA+"\n"), Runtimes: []Asker{}})
	b := New(other, oneKey(0), Options{Proc: t.TempDir(), Runtimes: []Asker{}})
	defer a.Close()
	defer b.Close()
	id, _ := a.Of(5, 10)
	a.learn(answer{request{full: idA}, &Meta{Name: "web", Labels: map[string]string{"a": "b"}, Started: 3}})
	b.Import(a.Export(map[uint64]bool{5: true, 6: true}))
	got, cgroups := b.Of(5, 0)
	row, want := other.Cont(got), tables.Cont(id)
	if other.Text(row.Name) != "web" || other.Text(row.Labels) != "a=b\x00" || row.Started != want.Started || other.Text(cgroups) != "unified=/docker/"+idA {
		t.Errorf("row %+v, want %+v", row, want)
	}
}
