package event

import (
	"net/netip"
	"slices"
	"testing"
)

func TestOwners(t *testing.T) {
	tb := NewTables()
	str := tb.Strings.Add
	tb.Conts.Add(Container{
		ID: str("a"), Pod: str("web-0"), Namespace: str("shop"), PodIP: str("10.42.0.7"), IP: str("10.42.0.7"),
		Env: str("HOME=/root\x00KUBERNETES_SERVICE_HOST=10.96.0.1\x00SHOP_DB_SERVICE_HOST=10.96.7.7\x00_SERVICE_HOST=10.96.0.9\x00BAD_SERVICE_HOST=x\x00"),
	})
	late := tb.Conts.Add(Container{ID: str("b"), IP: str("172.17.0.2")})
	tb.Conts.Add(Container{ID: str("c"), Pod: str("proxy"), PodIP: str("192.0.2.1"), Flags: ContHostNetwork})
	tb.Conts.Add(Container{ID: str("d"), Pod: str("dns"), PodIP: str("192.0.2.1"), Flags: ContHostNetwork})
	is := func(addr string, want ...string) {
		t.Helper()
		if got := tb.Owners(netip.MustParseAddr(addr)); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", addr, got, want)
		}
	}
	is("10.42.0.7", "pod shop/web-0")
	is("::ffff:10.42.0.7", "pod shop/web-0")
	is("10.96.0.1", "service kubernetes")
	is("10.96.7.7", "service shop-db")
	is("10.96.0.9")
	is("192.0.2.1", "node")
	is("172.17.0.2")
	// What comes late, of a new container or of one that is known, counts too.
	tb.Conts.Set(late, Container{ID: str("b"), Name: str("cache"), IP: str("172.17.0.2")})
	tb.Conts.Add(Container{ID: str("e"), Pod: str("web-1"), Namespace: str("shop"), PodIP: str("10.42.0.7")})
	is("172.17.0.2", "container cache")
	is("10.42.0.7", "pod shop/web-0", "pod shop/web-1")

	obj := ObjID(tb.Objs.Add(Object{Kind: ObjIPv4, Role: RoleClient, Remote: EndpointOf(netip.MustParseAddr("10.96.7.7"), 5432)}))
	b := NewBatch(tb, 1, 1)
	b.Append(Event{Obj: obj}, nil)
	f, arg, err := Fields.Parse("fd.sip.owner")
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := f.Show(b.Row(0), arg); !ok || v.String() != "service shop-db" {
		t.Errorf("fd.sip.owner: %v %v", v, ok)
	}
}
