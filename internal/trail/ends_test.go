package trail

import (
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// The two ends of a connection are joined by its addresses: on loopback for sure
// only where both have one loopback, and without the client's port only where
// one process alone could be meant.
func TestFarOnLoopback(t *testing.T) {
	const hostNet = event.ContHostNetwork
	for name, tt := range map[string]struct {
		own, other         event.ContFlags
		same               bool   // the other is of the same container
		client, at, second string // where the client says it is; where a server took it; where another did
		ok, guess          bool
	}{
		"both on the host's network":    {hostNet, hostNet, false, "127.0.0.1:40000", "127.0.0.66:4444", "", true, false},
		"one on the host's network":     {hostNet, 0, false, "127.0.0.1:40000", "127.0.0.66:4444", "", true, true},
		"two pods":                      {0, 0, false, "127.0.0.1:40000", "127.0.0.66:4444", "", true, true},
		"one container":                 {0, 0, true, "127.0.0.1:40000", "127.0.0.66:4444", "", true, false},
		"no port yet":                   {hostNet, hostNet, false, "127.0.0.1:0", "127.0.0.66:4444", "", true, true},
		"no port yet, two servers":      {hostNet, hostNet, false, "127.0.0.1:0", "127.0.0.66:4444", "127.0.0.66:4444", false, false},
		"no port yet, another's server": {hostNet, hostNet, false, "127.0.0.1:0", "127.0.0.66:9001", "", false, false},
	} {
		w := newWorld()
		w.t.Conts.At(uint32(w.cont)).Flags |= tt.own
		_, _, tool, fired := attack(w)
		own := w.cont
		server := func(to string) {
			if to == "" {
				return
			}
			if !tt.same {
				w.cont = event.ContID(w.t.Conts.Add(event.Container{ID: w.t.Strings.Add("0123456789ab"), Name: w.t.Strings.Add("c2"), Flags: tt.other}))
			}
			p := w.process(0, "/bin/nc", "nc -l")
			w.cont = own
			w.does(p, "accept4", w.socket("127.0.0.1:40000", to, event.RoleServer), 5, nil)
		}
		i := w.does(tool, "connect", w.socket(tt.client, "127.0.0.66:4444", event.RoleClient), 0, nil)
		server(tt.at)
		server(tt.second)
		far, guess, ok := build(t, w, fired).Far(w.b.Row(i))
		if ok != tt.ok || guess != tt.guess || ok && text(far, fieldName) != "nc" {
			t.Errorf("%s: %v, guess %v", name, ok, guess)
		}
	}
}
