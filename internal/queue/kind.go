package queue

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// Kind is what the alerts of a group have in common.
type Kind struct {
	Rule     string `json:"rule"`
	Workload string `json:"workload,omitempty"` // namespace/owner, host:NODE, or a container's name
	Parent   string `json:"parent,omitempty"`   // name of the parent process
	Image    string `json:"image,omitempty"`    // repository@digest, or repository:tag where no digest is known
}

// groupMark is what ids of groups begin with.
const groupMark = "g-"

// ID names the kind, the same on every machine: g- and 16 hex digits.
func (k Kind) ID() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{k.Rule, k.Workload, k.Parent, k.Image}, "\x00")))
	return groupMark + hex.EncodeToString(sum[:8])
}

// IsGroup reports whether an id is that of a group and not of one alert.
func IsGroup(id string) bool {
	rest, ok := strings.CutPrefix(id, groupMark)
	raw, err := hex.DecodeString(rest)
	return ok && err == nil && len(raw) == 8
}

// field is a field that is read of an alert.
type field struct {
	*event.Field
	arg event.Arg
}

func fieldNamed(name string) field {
	f, arg, err := event.Fields.Parse(name)
	if err != nil {
		panic(err)
	}
	return field{f, arg}
}

func (f field) of(r event.Row) string {
	v, ok := f.Get(r, f.arg)
	if !ok {
		return ""
	}
	return v.String()
}

// The fields that kinds are made of.
var (
	ruleField   = fieldNamed("alert.rule")
	parentField = fieldNamed("proc.pname")
	nsField     = fieldNamed("k8s.ns.name")
	podField    = fieldNamed("k8s.pod.name")
	contField   = fieldNamed("container.name")
	contIDField = fieldNamed("container.id")
	repoField   = fieldNamed("container.image.repository")
	tagField    = fieldNamed("container.image.tag")
	digestField = fieldNamed("container.image.digest")
	hostField   = fieldNamed("evt.hostname")
	auditNS     = fieldNamed("ka.target.namespace")
	auditName   = fieldNamed("ka.target.name")
	auditWhat   = fieldNamed("ka.target.resource")
	idField     = fieldNamed("alert.id")
	statusField = fieldNamed("alert.status")
	blockField  = fieldNamed("alert.building_block")
	groupField  = fieldNamed("alert.group")
)

// maxText bounds each part of a kind, in bytes: names of rules and pods are
// shorter.
const maxText = 512

// KindOf returns the kind of an alert.
func KindOf(r event.Row) Kind {
	return Kind{Rule: cut(ruleField.of(r)), Workload: cut(workloadOf(r)), Parent: cut(parentField.of(r)), Image: cut(imageOf(r))}
}

func cut(s string) string {
	if len(s) > maxText {
		return strings.ToValidUTF8(s[:maxText], "")
	}
	return strings.Clone(s) // not the document that it was read of
}

// imageOf names an image by its digest, which a tag that was moved does not
// change.
func imageOf(r event.Row) string {
	repo := repoField.of(r)
	if d := digestField.of(r); d != "" {
		return repo + "@" + d
	}
	if tag := tagField.of(r); tag != "" {
		return repo + ":" + tag
	}
	return repo
}

// AlertID names one alert: by the id that it came with, or else by its time,
// rule and container.
func AlertID(r event.Row) string {
	if id := idField.of(r); id != "" && !IsGroup(id) {
		return cut(id)
	}
	at := strconv.FormatInt(r.B.Time[r.I], 10)
	sum := sha256.Sum256([]byte(strings.Join([]string{at, ruleField.of(r), contIDField.of(r)}, "\x00")))
	return "a-" + hex.EncodeToString(sum[:8])
}
