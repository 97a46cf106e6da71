package tui

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/tui/tuitest"
)

// A trail that goes to a database's pod, to a service, to an address that a DNS
// answer named, and asks a range of ports of a node.
func namedScene() *event.Batch {
	w := tuitest.NewWorld()
	set := func(id event.ContID, change func(*event.Container)) {
		c := *w.T.Conts.At(uint32(id))
		change(&c)
		w.T.Conts.Set(uint32(id), c)
	}
	str := w.T.Strings.Add
	cont := w.Container("6cf4be7b2388", "web", "web-0", "shop", "docker.io/shop/web:2.4.1")
	set(cont, func(c *event.Container) { c.Env = str("CACHE_SERVICE_HOST=10.96.0.12\x00") })
	set(w.Container("91ee03c4fa57", "postgres", "db-0", "shop", "docker.io/library/postgres:17.2"), func(c *event.Container) { c.PodIP = str("10.4.0.31") })
	set(w.Container("3fd8a0b61c22", "proxy", "proxy-x", "kube-system", "proxy:1"), func(c *event.Container) {
		c.PodIP, c.Flags = str("10.4.9.66"), event.ContHostNetwork
	})
	w.T.Names.Learn(netip.MustParseAddr("203.0.113.5"), "pool.example")
	sh := w.Proc(0, cont, 5901, 33, "www-data", "/bin/sh")
	w.Do(sh, "execve", w.File("/bin/sh"), 0)
	call := w.Conn("10.4.0.17:37352", "203.0.113.5:4444")
	w.Do(sh, "connect", call, 0)
	w.Alert(sh, "connect", call, "Shell on a network connection", event.PriorityCritical, "mitre_execution")
	db := w.Conn("10.4.0.17:37360", "10.4.0.31:5432")
	w.Do(sh, "connect", db, 0)
	for range 40 {
		w.Do(sh, "write", db, 512)
	}
	w.Do(sh, "connect", w.Conn("10.4.0.17:37361", "10.96.0.12:6379"), -111)
	w.Wait(20 * time.Second)
	for port := range 30 {
		w.Do(sh, "connect", w.Conn("10.4.0.17:0", netip.AddrPortFrom(netip.MustParseAddr("10.4.9.66"), uint16(1000+port)).String()), -111)
	}
	return w.Take()
}

// Addresses are named in the rows of a trail, of the table, in the story and
// beside the object; what is concluded is marked.
func TestTrailNames(t *testing.T) {
	d, _ := openOn(t, &tuitest.Source{Name: "named", Batches: []*event.Batch{namedScene()}}, 200, 40)
	wants(t, d, "connect 10.4.0.31:5432 pod shop/db-0 ✓", "connect 203.0.113.5:4444 ≈ pool.example")
	d.Keys("e", "enter")
	wants(t, d,
		"connect 203.0.113.5:4444 ≈ pool.example", "connect 10.96.0.12:6379 service cache → ECONNREFUSED", "write ×40, 20 KB  10.4.0.17:37360->10.4.0.31:5432 pod shop/db-0",
		"connect ×30  10.4.9.66, 30 ports 1000–1029 node → ECONNREFUSED", "sh connected to 203.0.113.5 (≈ pool.example) port 4444", "sh connected to 10.4.0.31 (pod shop/db-0) port 5432",
	)
	d.Keys("j", "j")
	wants(t, d, "10.4.0.17:37360->10.4.0.31:5432 (pod shop/db-0) · by sh · 41 events")
	golden(t, d, 200, 40, "trail-named")
}
