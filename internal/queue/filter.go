package queue

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// Filter is the condition that holds for the kind's alerts, as nearly as one can
// say it: pods of a workload go by the beginning of their names.
func (k Kind) Filter() string {
	return k.condition(func(field, name string) string { return check(field, filter.OpStartsWith, name) })
}

// exact is the condition that tells pods of a workload by all of their names: no
// text that people would read, but one that holds for no pod of another workload.
func (k Kind) exact() string {
	return k.condition(func(field, name string) string {
		return check(field, filter.OpRegex, regexp.QuoteMeta(name)+podEnds)
	})
}

// podEnds is what [WorkloadOf] cuts off the names of pods.
var podEnds = fmt.Sprintf("(-[0-9]{1,4}|-[%[1]s]{%[2]d}|-([%[1]s]{%[3]d,%[4]d}|[0-9]{8,})-[%[1]s]{%[2]d})?", generated, podEnd, shortestRS, longestHash)

// condition is the kind's, with that for the names of pods.
func (k Kind) condition(named func(field, name string) string) string {
	conds := []string{is("alert.rule", k.Rule)}
	if k.Workload == otherKinds {
		return conds[0]
	}
	conds = append(conds, k.where(named)...)
	if k.Parent != "" {
		conds = append(conds, is("proc.pname", k.Parent))
	}
	if repo := repository(k.Image); repo != "" {
		conds = append(conds, is("container.image.repository", repo))
	}
	if _, digest, ok := strings.Cut(k.Image, "@"); ok {
		conds = append(conds, is("container.image.digest", digest))
	} else if at := strings.LastIndexByte(k.Image, ':'); at > strings.LastIndexByte(k.Image, '/') {
		conds = append(conds, is("container.image.tag", k.Image[at+1:]))
	}
	return filter.All(conds...)
}

// where are the conditions of the workload.
func (k Kind) where(named func(field, name string) string) []string {
	ns, name, inNS := strings.Cut(k.Workload, "/")
	node, onHost := strings.CutPrefix(k.Workload, "host:")
	audit := k.Image+k.Parent == "" // perhaps: a record that speaks of what was asked for
	switch {
	case k.Workload == "":
		return nil
	case onHost && node == "":
		return []string{is("container.id", event.HostID)}
	case onHost:
		return []string{is("evt.hostname", node), "(" + is("container.id", event.HostID) + " or not container.id exists)"}
	case inNS && audit:
		pod := filter.All(is("k8s.ns.name", ns), named("k8s.pod.name", name))
		target := filter.All(is("ka.target.namespace", ns), named("ka.target.name", name))
		return []string{"((" + pod + ") or (" + target + "))"}
	case inNS:
		return []string{is("k8s.ns.name", ns), named("k8s.pod.name", name)}
	}
	alone := []string{is("container.name", k.Workload), named("k8s.pod.name", k.Workload)}
	if audit {
		alone = append(alone, named("ka.target.name", k.Workload))
	}
	return []string{"(" + strings.Join(alone, " or ") + ")"}
}

// repository is the name of an image without its tag or digest.
func repository(image string) string {
	image, _, _ = strings.Cut(image, "@")
	if at := strings.LastIndexByte(image, ':'); at > strings.LastIndexByte(image, '/') {
		return image[:at]
	}
	return image
}

func is(field, text string) string { return check(field, filter.OpEq, text) }

func check(field string, op filter.Op, text string) string {
	return filter.Source(&filter.Check{Left: &filter.Field{Name: field}, Op: op, Right: &filter.Value{Text: text}})
}
