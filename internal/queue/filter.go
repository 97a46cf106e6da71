package queue

import (
	"strings"

	"github.com/stoop-project/stoop/internal/filter"
)

// Filter is the condition that holds for the kind's alerts, as nearly as one can
// say it: pods of a workload go by the beginning of their names.
func (k Kind) Filter() string {
	conds := []string{is("alert.rule", k.Rule)}
	if k.Workload == otherKinds {
		return conds[0]
	}
	switch ns, name, pod := strings.Cut(k.Workload, "/"); {
	case pod && k.Image+k.Parent != "": // else an audit record, which speaks of what was asked for
		conds = append(conds, is("k8s.ns.name", ns), check("k8s.pod.name", filter.OpStartsWith, name))
	case strings.HasPrefix(k.Workload, "host:"):
		conds = append(conds, is("container.id", "host"))
	}
	if k.Parent != "" {
		conds = append(conds, is("proc.pname", k.Parent))
	}
	if repo, digest, ok := strings.Cut(k.Image, "@"); ok {
		conds = append(conds, is("container.image.repository", repo), is("container.image.digest", digest))
	} else if at := strings.LastIndexByte(k.Image, ':'); at > strings.LastIndexByte(k.Image, '/') {
		conds = append(conds, is("container.image.repository", k.Image[:at]), is("container.image.tag", k.Image[at+1:]))
	}
	return filter.All(conds...)
}

func is(field, text string) string { return check(field, filter.OpEq, text) }

func check(field string, op filter.Op, text string) string {
	return filter.Source(&filter.Check{Left: &filter.Field{Name: field}, Op: op, Right: &filter.Value{Text: text}})
}
