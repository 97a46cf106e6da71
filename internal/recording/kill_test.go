//go:build unix

package recording

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
)

// recorderEnv makes the test binary a recorder, to be killed.
const recorderEnv = "STOOP_TEST_RECORDER"

func TestMain(m *testing.M) {
	if path := os.Getenv(recorderEnv); path != "" {
		recordForever(path)
	}
	os.Exit(m.Run())
}

// recordForever records batches and says of each, before it is recorded, how
// many events there are then and when that is.
func recordForever(path string) {
	w, err := Create(path, Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	m := newMaker(1)
	for events := 0; ; {
		m.grow(1, 2, 3)
		b := m.batch(50, false)
		events += b.Len()
		w.Batch(b)
		fmt.Println(events, time.Now().UnixNano())
		time.Sleep(2 * time.Millisecond)
	}
}

// A recorder that is killed loses at most what is a second old.
func TestKilledRecorder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.stoop")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), recorderEnv+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	type said struct {
		events int
		at     int64
	}
	var all []said
	started := time.Now()
	var killed int64
	sc := bufio.NewScanner(out)
	for sc.Scan() {
		n, at, _ := strings.Cut(sc.Text(), " ")
		var s said
		s.events, _ = strconv.Atoi(n)
		s.at, _ = strconv.ParseInt(at, 10, 64)
		if s.at == 0 {
			t.Fatalf("the recorder says %q", sc.Text())
		}
		all = append(all, s)
		if killed == 0 && time.Since(started) > 1700*time.Millisecond {
			killed = time.Now().UnixNano()
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, _ = io.Copy(io.Discard, out)
	_ = cmd.Wait()

	s := open(t, path)
	got := 0
	for _, b := range collect(t, s, source.Request{}) {
		got += b.Len()
	}
	old := 0 // events that were recorded a second before the end
	for _, s := range all {
		if s.at < killed-int64(time.Second) {
			old = s.events
		}
	}
	if got < old || got == 0 || old == 0 || got > all[len(all)-1].events+50 {
		t.Errorf("%d events are there; %d were older than a second, %d were made", got, old, all[len(all)-1].events)
	}
	if st := s.Stats(); len(st.Notes) == 0 {
		t.Errorf("nothing says that the recording has no end: %+v", st)
	}
}

// A recording may be followed while it is written, into the next file too.
func TestFollowRecording(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.stoop")
	w, err := Create(path, Options{Rotate: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	m := newMaker(1)
	m.grow(1, 3, 3)
	b := m.batch(10, false)
	w.Batch(b)
	w.mu.Lock()
	w.write()
	w.mu.Unlock()

	s := open(t, path)
	got := make(chan int, 1000)
	go func() {
		_ = s.Run(t.Context(), source.Request{Follow: true}, source.SinkFunc(func(b *event.Batch) { got <- b.Len() }))
		close(got)
	}()
	want := 10
	for range 60 {
		b := m.batch(100, false)
		w.Batch(b)
		want += 100
		time.Sleep(10 * time.Millisecond)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w.part < 2 {
		t.Fatalf("only %d part", w.part)
	}
	deadline := time.After(30 * time.Second)
	for have := 0; have < want; {
		select {
		case n := <-got:
			have += n
		case <-deadline:
			t.Fatalf("%d events of %d", have, want)
		}
	}
}
