package event

import (
	"net/netip"
	"slices"
	"strings"
)

// owners are what addresses belong to, as far as containers tell: their pods'
// addresses, and the services that Kubernetes names in their environment
// (NAME_SERVICE_HOST, k8s.io/kubernetes pkg/kubelet/envvars).
type owners struct {
	rows  int
	epoch uint64
	of    map[netip.Addr][]string
}

// maxOwners is how many owners of one address are told apart.
const maxOwners = 4

// Owners returns what an address belongs to: "pod shop/web-0", "service
// kubernetes", "node" where pods share their node's address. Several are
// possible, since addresses are given anew. The slice is not to be changed.
func (t *Tables) Owners(a netip.Addr) []string {
	o := t.owners.Load()
	if n, epoch := t.Conts.Len(), t.Conts.Epoch(); o == nil || o.rows != n || o.epoch != epoch {
		o = &owners{rows: n, epoch: epoch, of: make(map[netip.Addr][]string)}
		for i := range n {
			o.add(t, t.Cont(ContID(i)))
		}
		t.owners.Store(o)
	}
	return o.of[a.Unmap()]
}

func (o *owners) add(t *Tables, c *Container) {
	pod := t.Text(c.Pod)
	if pod != "" && c.Namespace > EmptyStr {
		pod = t.Text(c.Namespace) + "/" + pod
	}
	for _, ip := range []Str{c.PodIP, c.IP} {
		switch {
		case c.Flags&ContHostNetwork != 0:
			o.put(t.Text(ip), "node")
		case pod != "":
			o.put(t.Text(ip), "pod "+pod)
		case c.Name > EmptyStr:
			o.put(t.Text(ip), "container "+t.Text(c.Name))
		}
	}
	for env := range strings.SplitSeq(t.Text(c.Env), "\x00") {
		name, value, _ := strings.Cut(env, "=")
		if service, ok := strings.CutSuffix(name, "_SERVICE_HOST"); ok && service != "" {
			o.put(value, "service "+strings.ReplaceAll(strings.ToLower(service), "_", "-"))
		}
	}
}

func (o *owners) put(ip, owner string) {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return
	}
	a = a.Unmap()
	if has := o.of[a]; len(has) < maxOwners && !slices.Contains(has, owner) {
		o.of[a] = append(has, owner)
	}
}

// ownerOf reads what one end of a connection belongs to.
func ownerOf(end func(*Object) Endpoint) reader {
	return func(r Row, _ Arg) (Value, bool) {
		o := r.O()
		e := end(o)
		if !e.Known || !o.Kind.Inet() {
			return Value{}, false
		}
		return oneOrMore(r.T.Owners(e.Addr()))
	}
}
