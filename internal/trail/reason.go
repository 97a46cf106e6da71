package trail

import (
	_ "embed"
	"sync"

	"github.com/stoop-project/stoop/internal/event"
)

//go:embed reason/deeds.yaml
var deedsFile []byte

// deed says what an alert is about.
type deed struct {
	Guess  bool `yaml:"guess"`
	saying `yaml:",inline"`
}

var deeds = sync.OnceValue(func() []*deed {
	return readSayings("reason/deeds.yaml", deedsFile, func(d *deed) *saying { return &d.saying })
})

// Reason says in one line what an alert is about, of the alert's own fields:
// "sh (started by python3) opened /etc/shadow for reading in pod shop/web-0".
// guess says that it was concluded what was done. It is "" for an alert whose
// fields do not say. The text comes from outside and is to be made safe.
func Reason(alert event.Row) (text string, guess bool) {
	if text, guess = deedOf(alert); text == "" {
		return "", false
	}
	return who(alert) + " " + text + where(alert), guess
}

// deedOf says what was done: "opened /etc/shadow for reading".
func deedOf(alert event.Row) (text string, guess bool) {
	for _, d := range deeds() {
		if d.filter.Match(alert.B, alert.I) {
			return d.say.String(alert), d.Guess
		}
	}
	return "", false
}

// who is the process and its parent, or the user of an audit record.
func who(r event.Row) string {
	name := value(r, "proc.name")
	if name == "" {
		if user := value(r, "ka.user.name"); user != "" {
			return "user " + user
		}
		return "a process"
	}
	if parent := value(r, "proc.pname"); parent != "" {
		return name + " (started by " + parent + ")"
	}
	return name
}

// where is the pod, the container or the host.
func where(r event.Row) string {
	ns := value(r, "k8s.ns.name")
	if pod := value(r, "k8s.pod.name"); pod != "" {
		if ns != "" {
			pod = ns + "/" + pod
		}
		return " in pod " + pod
	}
	id, name := value(r, "container.id"), value(r, "container.name")
	switch {
	case id == event.HostID:
		return " on the host"
	case name != "":
		return " in container " + name
	case id != "":
		return " in container " + id
	}
	return ""
}

// value is a field's text; "" when the event does not have it.
func value(r event.Row, name string) string {
	f, arg, err := event.Fields.Parse(name)
	if err != nil {
		return ""
	}
	v, ok := f.Show(r, arg)
	if text := v.String(); ok && text != event.NotAvailable {
		return text
	}
	return ""
}
