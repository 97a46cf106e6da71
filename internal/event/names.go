package event

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// Bounds of a [Names]: a name server that lies must not fill the memory.
const (
	maxNamedAddrs   = 1 << 16
	maxNamesOfAddr  = 8
	maxLenOfOneName = 253 // RFC 1035, 2.3.4, without the trailing dot
)

// Names holds which names addresses were seen to have, in DNS answers or in
// configuration. It is safe for use by several goroutines.
type Names struct {
	mu    sync.RWMutex
	addrs map[netip.Addr][]string
	order []netip.Addr // a ring of the addresses, the oldest at next when it is full
	next  int
}

// Learn notes that a name stands for an address. Beyond the bounds the oldest
// address is forgotten, and of one address the oldest name. A name that DNS
// could not hold is ignored.
func (n *Names) Learn(a netip.Addr, name string) {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if !a.IsValid() || name == "" || len(name) > maxLenOfOneName {
		return
	}
	a = a.Unmap()
	n.mu.Lock()
	defer n.mu.Unlock()
	old, known := n.addrs[a]
	if slices.Contains(old, name) {
		return
	}
	if !known {
		n.remember(a)
	}
	if len(old) == maxNamesOfAddr {
		old = old[1:]
	}
	// Readers may hold the old slice: it is never written again.
	n.addrs[a] = append(slices.Clip(old), strings.Clone(name))
}

func (n *Names) remember(a netip.Addr) {
	if n.addrs == nil {
		n.addrs = make(map[netip.Addr][]string)
	}
	if len(n.order) < maxNamedAddrs {
		n.order = append(n.order, a)
		return
	}
	delete(n.addrs, n.order[n.next])
	n.order[n.next] = a
	n.next = (n.next + 1) % maxNamedAddrs
}

// Of returns the names of an address, the one learnt first in front. The slice
// is not to be changed.
func (n *Names) Of(a netip.Addr) []string {
	if n == nil {
		return nil
	}
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.addrs[a.Unmap()]
}
