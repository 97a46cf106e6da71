//go:build linux

package live

import (
	"bytes"
	"context"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/bpf"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/test/lab"
)

// A stoop that starts later sees what another has recorded before.
func TestBefore(t *testing.T) {
	shareDir = t.TempDir()
	first := watchFor(t, "evt.type = reboot", source.Options{})
	c := lab.Runc(t, lab.RuncSpec{})
	c.Do(t, "sh", "-c", "echo earlier-mark > /tmp/x; rm /tmp/x")
	time.Sleep(50 * time.Millisecond)

	src, err := Open(context.Background(), "live", source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	second := &watched{Live: src.(*Live)}
	defer second.Close()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- second.Run(ctx, source.Request{Before: time.Minute}, second) }()
	r := second.awaitExec(t, "earlier-mark")
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := r.text(r.cont().ID); got != c.ID[:12] {
		t.Errorf("container is %s", got)
	}
	if r.b.Bits[r.i]&event.FromDeeds == 0 {
		t.Error("not marked as drained")
	}
	n := 0
	for _, r := range second.rows {
		if r.b.Type[r.i].String() == "execve" && strings.Contains(r.text(r.proc().Args), "earlier-mark") && r.text(r.cont().ID) == c.ID[:12] {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d times the same exec", n)
	}
	_ = first
}

func FuzzShared(f *testing.F) {
	rec := make([]byte, bpf.HeaderSize)
	binary.LittleEndian.PutUint32(rec, bpf.HeaderSize)
	rec[7] = bpf.Version
	whole := append(binary.LittleEndian.AppendUint32(nil, bpf.HeaderSize), rec...)
	f.Add(whole)
	f.Add(whole[:20])
	f.Add([]byte{255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		records, err := readShared(bytes.NewReader(b))
		size := 0
		for _, r := range records {
			size += 4 + len(r)
		}
		if err == nil && size != len(b) || size > len(b) {
			t.Errorf("%d bytes of records from %d bytes, %v", size, len(b), err)
		}
	})
}
