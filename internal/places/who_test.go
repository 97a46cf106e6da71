package places

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/internal/trail"
)

// visit is a request to the API server by which somebody came to the pod web-0.
type visit struct {
	who, how, query string
	at, lasted      time.Duration // after start; 0: it goes on
	pod             string        // "": web-0
	code            int           // 0: granted
	images          []string      // of debugging containers, where the log has what was asked for
}

// audit is a place with the audit records of some visits, each with its stages.
func audit(t *testing.T, all ...visit) Place {
	t.Helper()
	choose := profile.Choose(event.NewTables)
	st := store.New(0)
	for i, v := range all {
		pod, code, verb, asked := v.pod, v.code, "create", ""
		if pod == "" {
			pod = "web-0"
		}
		if code == 0 {
			code = 101
		}
		if v.how == "ephemeralcontainers" {
			verb = "patch"
		}
		for _, image := range v.images {
			asked = fmt.Sprintf(`,"requestObject":{"spec":{"ephemeralContainers":[{"name":"debugger","image":%q}]}}`, image)
		}
		record := func(stage string, at time.Duration) {
			doc := fmt.Sprintf(`{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","auditID":"a%d","stage":%q,"verb":%q,`+
				`"requestURI":"/api/v1/namespaces/shop/pods/%s/%s?%s","user":{"username":%q,"groups":["dev","system:authenticated"]},"sourceIPs":["10.0.0.9"],"userAgent":"kubectl/v1.30.1",`+
				`"objectRef":{"resource":"pods","namespace":"shop","name":%q,"subresource":%q},"responseStatus":{"code":%d},"stageTimestamp":%q%s}`,
				i, stage, verb, pod, v.how, v.query, v.who, pod, v.how, code, time.Unix(0, start).Add(at).UTC().Format(time.RFC3339Nano), asked)
			m, e, err := choose.Map([]byte(doc))
			if err != nil {
				t.Fatalf("%s: %v", doc, err)
			}
			b := event.NewBatch(m.Tables(), uint64(2*i+1), 1)
			b.Append(e, []byte(doc))
			st.Batch(b)
		}
		record("ResponseStarted", v.at)
		if v.lasted != 0 {
			record("ResponseComplete", v.at+v.lasted)
		}
	}
	return Store("audit.log", File, st)
}

// came is a pod in which somebody is: by what the container's own process made,
// or from outside.
type came struct {
	image  string
	init   bool   // the container's own process made the shell
	spoken string // the client that the service took a connection from just before, "": none
	later  time.Duration
}

// place has the container's events; the shell starts 62 s after start, or later.
func (c came) place() (Place, event.Row) {
	n := newNode()
	cont := n.container(web, "web", "web-0")
	row := *n.t.Conts.At(uint32(cont))
	row.Image = n.t.Strings.Add(c.image)
	n.t.Conts.Set(uint32(cont), row)
	other := *n.t.Conts.At(uint32(n.container("0123456789ab", "bastion", "bastion-0")))
	other.PodIP = n.t.Strings.Add("10.0.0.9")
	n.t.Conts.Set(uint32(n.container("0123456789ab", "", "")), other)
	n.now += 61*second + int64(c.later)
	var parent event.ProcID
	if c.init {
		n.now -= 60 * second
		parent = n.runs(cont, 101, 0, "service")
		n.now += 59 * second
	}
	if c.spoken != "" {
		o := event.Object{Kind: event.ObjIPv4, L4: event.L4TCP, Role: event.RoleServer}
		client, server := netip.MustParseAddrPort(c.spoken), netip.MustParseAddrPort("127.0.0.1:8080")
		o.Local, o.Remote = event.EndpointOf(server.Addr(), server.Port()), event.EndpointOf(client.Addr(), client.Port())
		n.does(parent, "accept4")
		n.b.Obj[n.b.Len()-1] = event.ObjID(n.t.Objs.Add(o))
	}
	shell := n.runs(cont, 110, parent, "bash")
	n.runs(cont, 111, shell, "tool")
	return n.place("a"), said{container: web, pod: "web-0", line: "tool", at: n.now}.alert()
}

// A process that the container's own did not start, or that was started while
// somebody was in the pod, is joined to the request by which they came, of each
// kind: by namespace, pod, container, time and command. Several that fit are all
// said.
func TestWho(t *testing.T) {
	const at = 61 * time.Second // just before the shell
	outside, inside := came{image: "shop/web:1"}, came{image: "shop/web:1", init: true}
	tunnel := came{init: true, spoken: "127.0.0.1:40000"}
	debugger := came{image: "busybox:1.36", init: true, later: 100 * time.Second}
	exec := visit{who: "jane", how: "exec", query: "command=bash&container=web", at: at}
	const jane = "user jane (dev, system:authenticated) from 10.0.0.9 (pod shop/bastion-0) with kubectl/v1.30.1"
	bob := strings.Replace(jane, "jane", "bob", 1)
	with := func(v visit, change func(*visit)) visit { change(&v); return v }
	attach := visit{who: "jane", how: "attach", query: "container=web", at: 10 * time.Second}
	forward := visit{who: "jane", how: "portforward", query: "ports=8080", at: 10 * time.Second}
	debug := visit{who: "jane", how: "ephemeralcontainers", at: 3 * time.Second, lasted: time.Second}
	for name, test := range map[string]struct {
		in     came
		visits []visit
		want   string
		sure   bool
	}{
		"exec":                             {outside, []visit{exec}, jane, true},
		"exec, of two the one that fits":   {outside, []visit{exec, with(exec, func(v *visit) { v.who, v.query = "bob", "command=ls" })}, jane, true},
		"exec, both fit":                   {outside, []visit{exec, with(exec, func(v *visit) { v.who, v.at = "bob", at-time.Second })}, jane + "; or " + bob, false},
		"exec, twice by one":               {outside, []visit{exec, exec}, jane, false},
		"exec, no command in the log":      {outside, []visit{with(exec, func(v *visit) { v.query = "" })}, jane, false},
		"exec, another command":            {outside, []visit{with(exec, func(v *visit) { v.query = "command=ls" })}, "", false},
		"exec, another container":          {outside, []visit{with(exec, func(v *visit) { v.query = "command=bash&container=sidecar" })}, "", false},
		"exec, another pod":                {outside, []visit{with(exec, func(v *visit) { v.pod = "web-1" })}, "", false},
		"exec, long before":                {outside, []visit{with(exec, func(v *visit) { v.at = 10 * time.Second })}, "", false},
		"exec, refused":                    {outside, []visit{with(exec, func(v *visit) { v.code = 403 })}, "", false},
		"exec, but the service made it":    {inside, []visit{exec}, "", false},
		"attach":                           {inside, []visit{attach}, jane, false},
		"attach, another container":        {inside, []visit{with(attach, func(v *visit) { v.query = "container=sidecar" })}, "", false},
		"attach, ended before":             {inside, []visit{with(attach, func(v *visit) { v.lasted = 20 * time.Second })}, "", false},
		"attach, still there":              {inside, []visit{with(attach, func(v *visit) { v.lasted = time.Hour })}, jane, false},
		"attach, two":                      {inside, []visit{attach, with(attach, func(v *visit) { v.who, v.at = "bob", 20*time.Second })}, bob + "; or " + jane, false},
		"attach, but a client spoke to it": {came{init: true, spoken: "192.0.2.7:40000"}, []visit{attach}, "", false},
		"attach and exec, from outside":    {outside, []visit{attach, exec}, jane, true},
		"port forward":                     {tunnel, []visit{forward}, jane, false},
		"port forward, over":               {tunnel, []visit{with(forward, func(v *visit) { v.lasted = time.Second })}, "", false},
		"port forward, spoken from far":    {came{init: true, spoken: "192.0.2.7:40000"}, []visit{forward}, "", false},
		"port forward, nobody spoke":       {inside, []visit{forward}, "", false},
		"debug":                            {debugger, []visit{with(debug, func(v *visit) { v.at, v.images = 90*time.Second, []string{"busybox:1.36"} })}, jane, false},
		"debug, the image took a while":    {debugger, []visit{with(debug, func(v *visit) { v.images = []string{"busybox:1.36"} })}, jane, false},
		"debug, by its metadata":           {debugger, []visit{with(debug, func(v *visit) { v.at = 90 * time.Second })}, jane, false},
		"debug, another image":             {debugger, []visit{with(debug, func(v *visit) { v.at, v.images = 90*time.Second, []string{"alpine"} })}, "", false},
		"debug, refused":                   {debugger, []visit{with(debug, func(v *visit) { v.at, v.code = 90*time.Second, 403 })}, "", false},
		"debug, after it":                  {debugger, []visit{with(debug, func(v *visit) { v.at = 200 * time.Second })}, "", false},
		"debug, and attached to it": {debugger, []visit{
			with(debug, func(v *visit) { v.at = 90 * time.Second }), with(attach, func(v *visit) { v.at = 104 * time.Second }),
		}, jane, false},
		"nobody": {outside, nil, "", false},
	} {
		place, alert := test.in.place()
		x := find(t, alert, place, audit(t, test.visits...))
		who, guess := x.Trail.Who()
		if who != test.want || test.want != "" && guess == test.sure {
			t.Errorf("%s: %q, concluded %v; %q", name, who, guess, x.Trail.Unknown())
		}
		told, lineage := x.Trail.Story(), x.Trail.Branches(false)
		if test.want == "" {
			if strings.HasPrefix(told[0].Text, "user ") {
				t.Errorf("%s: told is %q", name, told[0].Text)
			}
			continue
		}
		said := told[0] // below what else is known of how it began
		for _, s := range told[:2] {
			if strings.HasPrefix(s.Text, "user ") {
				said = s
			}
		}
		if !strings.HasPrefix(said.Text, test.want+" ") || said.Inferred == test.sure || !strings.Contains(said.Text, "pods/"+test.visits[0].how) && len(test.visits) == 1 {
			t.Errorf("%s: told is %q", name, said.Text)
		}
		stands := false
		for i, b := range lineage {
			stands = stands || b.Place == trail.Behind && lineage[i+1].Node == x.Trail.Root && strings.TrimPrefix(b.Who, "≈ ") == test.want
		}
		if !stands {
			t.Errorf("%s: nobody stands on the lineage's root", name)
		}
	}
}
