package trail

import (
	"cmp"
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
}

// Who says who it was: user, groups, address, client.
func (v *Visit) Who() string {
	s := "user " + word(v.User)
	if len(v.Groups) > 0 {
		s += " (" + words(v.Groups) + ")"
	}
	if len(v.From) > 0 {
		s += " from " + words(v.From)
	}
	if v.Agent != "" {
		s += " with " + word(v.Agent)
	}
	return s
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

// findVisits looks for who made the root, among the requests into its pod that
// were granted: those of the time at which it started, the last before it first. They
// are sure when there is one that names the command.
func (t *Trail) findVisits(v *visits) {
	t.Audited = v.records
	pod := t.pod()
	if t.Root == nil || pod.Pod == 0 {
		return
	}
	space, name, container := pod.text(pod.Namespace), pod.text(pod.Pod), pod.text(pod.Name)
	outside := t.Root.Parent == nil || t.Root.Parent.Outer
	var exact []*Visit
	for _, x := range v.all {
		if x.refused || x.namespace != space || x.pod != name || x.Container != "" && container != "" && x.Container != container {
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
			if !outside && !isInit(t.Root) || !near || len(x.images) > 0 && !slices.Contains(x.images, pod.text(pod.Image)) {
				continue
			}
		}
		t.Visits = append(t.Visits, x)
	}
	if len(exact) > 0 {
		t.Visits = exact
	}
	t.VisitSure = len(exact) == 1
	slices.SortStableFunc(t.Visits, func(a, b *Visit) int {
		start := t.Root.Process.Start
		return cmp.Or(cmp.Compare(max(a.Began-start, 0), max(b.Began-start, 0)), cmp.Compare(start-a.Began, start-b.Began))
	})
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
	for i, v := range t.Visits {
		switch {
		case i == most:
			return text + ", or one of " + count(len(t.Visits)-most, "other", "others"), true
		case i > 0:
			text += "; or "
		}
		text += v.Who()
	}
	return text, !t.VisitSure
}

// podRow is a container's row with the texts of its tables.
type podRow struct {
	*event.Container
	t *event.Tables
}

func (p podRow) text(s event.Str) string { return p.t.Text(s) }

// pod is the subject's container: the alert's own row where that names the pod,
// else the one of the events.
func (t *Trail) pod() podRow {
	if c := t.Alert.C(); c.Pod != 0 || t.Root == nil {
		return podRow{c, t.Alert.T}
	}
	r := t.Root.Row()
	return podRow{r.C(), r.T}
}

// fromLoopback says that the entry's client spoke from the pod's own loopback,
// as a forwarded port does.
func (t *Trail) fromLoopback() bool {
	return t.Entry.B != nil && t.Entry.O().Client().Known && t.Entry.O().Client().Addr().Unmap().IsLoopback()
}

// list reads a field of several values.
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
