//go:build linux

package livetest

import (
	"slices"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
)

// TestURing plays what actor/uring.c asks of io_uring. strace does not see
// requests: what they are and how they end is known from that file.
func TestURing(t *testing.T) {
	c := actorPod(t)
	w := watch(t, "", source.Options{})
	a := hire(t, c)
	a.play(t, "uring")
	type want struct{ typ, res, field, value string }
	wants := []want{
		{"io_uring", "SUCCESS", "evt.arg.op", "IORING_OP_NOP"},
		{"openat", "SUCCESS", "fd.name", "/tmp/uring/ring-made"},
		{"openat", "ENOENT", "evt.arg.name", "/tmp/uring/absent"},
		{"unlinkat", "SUCCESS", "fs.path.name", "/tmp/uring/victim"},
		{"renameat2", "SUCCESS", "fs.path.source", "/tmp/uring/old"},
		{"renameat2", "SUCCESS", "fs.path.target", "/tmp/uring/new"},
		{"mkdirat", "SUCCESS", "fs.path.name", "/tmp/uring/made"},
		{"connect", "ECONNREFUSED", "fd.rport", "1"},
		{"connect", "ECONNREFUSED", "fd.sip", "127.0.0.1"},
		{"sendto", "SUCCESS", "fd.rport", "9"},
		{"sendto", "SUCCESS", "evt.rawres", "9"},
	}
	var ours []row
	for _, want := range wants {
		found := eventually(waitShort, func() bool {
			ours = w.all(func(r row) bool {
				return r.b.Bits[r.i]&event.ViaIOUring != 0 && r.text(t, "container.id") == c.ID[:12]
			})
			return slices.ContainsFunc(ours, func(r row) bool {
				return r.typ() == want.typ && r.text(t, "evt.res") == want.res && r.text(t, want.field) == want.value
			})
		})
		if !found {
			var all []string
			for _, r := range ours {
				if r.typ() == want.typ {
					all = append(all, r.text(t, "evt.res")+" "+want.field+"="+r.text(t, want.field)+" "+r.text(t, "evt.args"))
				}
			}
			t.Errorf("no %s (%s) with %s=%s by io_uring; there are:\n\t%s", want.typ, want.res, want.field, want.value, strings.Join(all, "\n\t"))
		}
	}
	for _, r := range ours {
		if have := r.text(t, "proc.exepath"); have != actorDir+"/actor" {
			t.Errorf("%s is of %s", r.typ(), have)
		}
	}
	if file := c.HostPath("/tmp/uring/ring-made"); !exists(file) || exists(c.HostPath("/tmp/uring/victim")) {
		t.Error("the deeds were not done")
	}
}
