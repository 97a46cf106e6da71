package trail

import (
	"cmp"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// Visit is a request to the API server by which somebody came to a pod, read of
// its audit records (k8s.io/apiserver pkg/apis/audit/v1 Event).
type Visit struct {
	How       string // the pod's subresource: exec, attach, portforward, ephemeralcontainers
	User      string // with impersonation: "alice as system:admin"
	Groups    []string
	From      []string // source addresses
	Agent     string   // what the client calls itself
	Container string   // "" when the request named none
	Command   []string // of exec
	Began     int64    // ns since 1970
	Ended     int64    // ns since 1970; 0: not seen
	Event     event.Row

	id, namespace, pod string
	images             []string
	asked, refused     bool
	known              []*event.Tables // whose containers may have the source addresses
}

// Who says who it was: user, groups, address, client.
func (v *Visit) Who() string {
	s := "user " + word(v.User)
	if len(v.Groups) > 0 {
		s += " (" + words(v.Groups) + ")"
	}
	if len(v.From) > 0 {
		from := make([]string, len(v.From))
		for i, addr := range v.From {
			from[i] = withName(word(addr), v.whose(addr))
		}
		s += " from " + strings.Join(from, ", ")
	}
	if v.Agent != "" {
		s += " with " + word(v.Agent)
	}
	return s
}

// into reports whether a request was for a container, by its name in the pod;
// Docker's has that in its own, k8s_web_web-0_….
func (v *Visit) into(container string) bool {
	return v.Container == "" || container == "" || v.Container == container || strings.HasPrefix(container, "k8s_"+v.Container+"_")
}

// whose says whose a source address is, by the containers that are known where
// the request's record is, or where its trail is.
func (v *Visit) whose(addr string) string {
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return ""
	}
	for _, t := range v.known {
		if owners := t.Owners(a); len(owners) > 0 {
			return asOne(owners, ownerWords)
		}
	}
	return ""
}

// word quotes a value that could pass for several words of ours.
func word(s string) string {
	if strings.ContainsAny(s, " \t\r\n\"'`,;()") || s == "" {
		return quote(s)
	}
	return s
}

func words(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = word(s)
	}
	return strings.Join(out, ", ")
}

// visits gathers audit records of requests into pods while events are read.
type visits struct {
	byID    map[string]*Visit
	all     []*Visit
	records int // audit records of ways into a pod
}

// maxVisits bounds how many requests are kept.
const maxVisits = 10_000

// note keeps an audit record that speaks of somebody's way into a pod. A
// request has a record for each of its stages: they make one visit.
func (v *visits) note(r event.Row) {
	if text(r, fieldAuditID) == "" {
		return
	}
	how := text(r, fieldAuditPart)
	if text(r, fieldAuditKind) != "pods" || !into[how] {
		return
	}
	v.records++
	id, at := text(r, fieldAuditID), r.B.Time[r.I]
	x := v.byID[id]
	if x == nil {
		if len(v.all) == maxVisits {
			return
		}
		x = &Visit{
			How: how, Event: r, Began: at, id: id,
			User: text(r, fieldAuditUser), Groups: members(r, fieldAuditGroups), From: members(r, fieldAuditFrom), Agent: text(r, fieldAuditAgent),
			namespace: text(r, fieldAuditSpace), pod: text(r, fieldAuditName), images: members(r, fieldAuditImages),
		}
		if as := text(r, fieldAuditAs); as != "" {
			x.User += " as " + as
		}
		if u, err := url.Parse(text(r, fieldAuditURI)); err == nil {
			x.Container, x.Command = u.Query().Get("container"), u.Query()["command"]
		}
		v.byID[id] = x
		v.all = append(v.all, x)
	}
	switch text(r, fieldAuditStage) {
	case "RequestReceived":
		x.Began, x.asked = at, true
	case "ResponseStarted":
		if !x.asked {
			x.Began = at
		}
	case "ResponseComplete":
		x.Ended = at
	}
	if code := text(r, fieldAuditCode); len(code) == 3 && code[0] >= '4' {
		x.refused = true
	}
}

// into are the parts of a pod by which one gets into it.
var into = map[string]bool{"exec": true, "attach": true, "portforward": true, "ephemeralcontainers": true}

// visitWithin is how long after a request the process that it made may start,
// and how far apart the clocks may be.
const visitWithin = 15e9

// pullWithin is how long after a request a debugging container may start: its
// image is fetched first.
const pullWithin = 300e9

// findVisits looks for who made the root, among the requests into its pod that
// were granted: those of the time at which it started, the last before it first. They
// are sure when there is one that names the command.
func (t *Trail) findVisits(v *visits) {
	t.Audited = v.records
	name := t.ofPod(func(c *event.Container) event.Str { return c.Pod })
	if t.Root == nil || name == "" {
		return
	}
	space := t.ofPod(func(c *event.Container) event.Str { return c.Namespace })
	container := t.ofPod(func(c *event.Container) event.Str { return c.Name })
	image := t.ofPod(func(c *event.Container) event.Str { return c.Image })
	outside := t.Root.Parent == nil || t.Root.Parent.Outer
	entry := t.Root.entry()
	var exact []*Visit
	for _, x := range v.all {
		if x.refused || x.namespace != space || x.pod != name || !x.into(container) {
			continue
		}
		start := t.Root.Process.Start
		near := start > x.Began-clockSlack && start < x.Began+visitWithin
		open := start > x.Began-clockSlack && (x.Ended == 0 || start < x.Ended+clockSlack)
		switch x.How {
		case "exec":
			if !outside || !near {
				continue
			}
			if len(x.Command) > 0 {
				if !t.Root.started(x.Command) {
					continue
				}
				exact = append(exact, x)
			}
		case "attach", "portforward": // they open a way, and start nothing
			if outside || !open || x.How == "portforward" && !t.fromLoopback() || x.How == "attach" && t.Entry.B != nil {
				continue
			}
		case "ephemeralcontainers":
			made := entry.Process.Start
			pulled := made > x.Began-clockSlack && made < x.Began+pullWithin
			if !isInit(entry) || !pulled || len(x.images) > 0 && image != "" && !slices.Contains(x.images, image) {
				continue
			}
		}
		t.Visits = append(t.Visits, x)
	}
	if len(exact) > 0 {
		t.Visits = exact
	}
	t.VisitSure = len(exact) == 1
	for _, x := range t.Visits {
		x.known = []*event.Tables{x.Event.T, t.Root.Row().T, t.Alert.T}
	}
	slices.SortStableFunc(t.Visits, func(a, b *Visit) int {
		start := t.Root.Process.Start
		return cmp.Or(cmp.Compare(max(a.Began-start, 0), max(b.Began-start, 0)), cmp.Compare(start-a.Began, start-b.Began))
	})
}

// entry is the process by which a process's container, or what came into it from
// outside, began.
func (n *Node) entry() *Node {
	for n.Parent != nil && !n.Parent.Outer {
		n = n.Parent
	}
	return n
}

// started reports whether one of the programs that a process ran is a command.
func (n *Node) started(command []string) bool {
	rest := strings.Join(command[1:], " ")
	for _, st := range n.states {
		name, args := st.T.Text(st.P().Name), text(st, fieldArgs)
		if args == rest && (base(command[0]) == name || base(command[0]) == base(text(st, fieldExe))) {
			return true
		}
		// A script is run by its interpreter: all of the command are its arguments.
		if whole := strings.Join(command, " "); args == whole || strings.HasSuffix(args, " "+whole) {
			return true
		}
	}
	return false
}

func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

func apart(a, b int64) int64 { return max(a-b, b-a) }

// Who says who stands behind the root of the trail, as far as the API server's
// audit records tell; "" when they do not. guess says that it was concluded.
func (t *Trail) Who() (text string, guess bool) {
	const most = 5
	var all []string
	for _, v := range t.Visits {
		if who := v.Who(); !slices.Contains(all, who) { // somebody may have asked twice
			all = append(all, who)
		}
	}
	text = strings.Join(all[:min(len(all), most)], "; or ")
	if n := len(all) - most; n > 0 {
		text += ", or one of " + count(n, "other", "others")
	}
	return text, !t.VisitSure
}

// ofPod reads something of the subject's container: of the alert's own row where
// that says it, else of the events'.
func (t *Trail) ofPod(what func(*event.Container) event.Str) string {
	if s := t.Alert.T.Text(what(t.Alert.C())); s != "" || t.Root == nil {
		return s
	}
	r := t.Root.Row()
	return r.T.Text(what(r.C()))
}

// fromLoopback says that the entry's client spoke from the pod's own loopback,
// as a forwarded port does.
func (t *Trail) fromLoopback() bool {
	return t.Entry.B != nil && t.Entry.O().Client().Known && t.Entry.O().Client().Addr().Unmap().IsLoopback()
}

// members reads a field of several values.
func members(r event.Row, f field) (all []string) {
	v, ok := f.Get(r)
	if !ok {
		return nil
	}
	if len(v.List) == 0 {
		if s := v.String(); s != "" {
			return []string{s}
		}
		return nil
	}
	for _, e := range v.List {
		all = append(all, e.String())
	}
	return all
}

// fields of audit records.
var (
	fieldArgs        = mustField("proc.args")
	fieldExe         = mustField("proc.exe")
	fieldAuditID     = mustField("ka.auditid")
	fieldAuditStage  = mustField("ka.stage")
	fieldAuditKind   = mustField("ka.target.resource")
	fieldAuditPart   = mustField("ka.target.subresource")
	fieldAuditSpace  = mustField("ka.target.namespace")
	fieldAuditName   = mustField("ka.target.name")
	fieldAuditUser   = mustField("ka.user.name")
	fieldAuditAs     = mustField("ka.impuser.name")
	fieldAuditGroups = mustField("ka.user.groups")
	fieldAuditFrom   = mustField("ka.sourceips")
	fieldAuditAgent  = mustField("ka.useragent")
	fieldAuditURI    = mustField("ka.uri")
	fieldAuditCode   = mustField("ka.response.code")
	fieldAuditImages = mustField("ka.req.pod.ephemeralContainers.image")
)
