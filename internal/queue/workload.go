package queue

import (
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// workloadOf names what an alert is about so that the name outlives pods and
// containers.
func workloadOf(r event.Row) string {
	if pod := podField.of(r); pod != "" {
		return joined(nsField.of(r), WorkloadOf(pod, hashLabel(r)))
	}
	if r.C().IsHost() || contIDField.of(r) == event.HostID {
		return "host:" + hostField.of(r)
	}
	if name := contField.of(r); name != "" {
		return name
	}
	if name := auditName.of(r); name != "" {
		if auditWhat.of(r) == "pods" {
			name = WorkloadOf(name, "")
		}
		return joined(auditNS.of(r), name)
	}
	if host := hostField.of(r); host != "" && contIDField.of(r) == "" {
		return "host:" + host
	}
	return ""
}

func joined(ns, name string) string {
	if ns == "" {
		return name
	}
	return ns + "/" + name
}

// hashLabel is the label by which a Deployment tells its ReplicaSets apart.
func hashLabel(r event.Row) string {
	for l := range strings.SplitSeq(r.T.Text(r.C().PodLabels), "\x00") {
		if hash, ok := strings.CutPrefix(l, "pod-template-hash="); ok {
			return hash
		}
	}
	return ""
}

// Kubernetes makes the ends of names of these letters and digits: no vowels,
// nothing that looks like another (k8s.io/apimachinery, pkg/util/rand).
const generated = "bcdfghjklmnpqrstvwxz2456789"

// Lengths of generated ends: of a pod (names.SimpleNameGenerator), and of the
// hash of a ReplicaSet's template, a 32-bit number in decimal written with the
// letters above (controller.ComputeHash).
const (
	podEnd      = 5
	longestHash = 10
	shortestRS  = 6 // shorter ones happen once in 40,000
)

// WorkloadOf returns the name of what a pod of a name belongs to: a Deployment
// (web-7d9c5f6b8-x2k8p), a DaemonSet or Job (agent-x2k8p), a CronJob
// (backup-29384720-x2k8p), a StatefulSet (db-0). hash is the pod's label
// pod-template-hash, "" when it is not known: then the name alone is judged, and
// one that only looks like it is taken for it. A pod that nothing owns keeps its
// name.
func WorkloadOf(pod, hash string) string {
	rest, end, ok := cutEnd(pod)
	if !ok {
		return pod
	}
	switch {
	case len(end) == podEnd && madeOf(end, generated):
		owner, middle, ok := cutEnd(rest)
		switch {
		case !ok:
			return rest
		case hash != "" && middle == hash:
			return owner
		case hash == "" && len(middle) >= shortestRS && len(middle) <= longestHash && madeOf(middle, generated) && strings.ContainsAny(middle, "2456789"):
			return owner
		case len(middle) >= 8 && madeOf(middle, "0123456789"):
			return owner // the CronJob of a Job: minutes since 1970
		}
		return rest
	case madeOf(end, "0123456789") && len(end) <= 4:
		return rest
	}
	return pod
}

// cutEnd cuts what stands behind the last dash.
func cutEnd(s string) (rest, end string, ok bool) {
	i := strings.LastIndexByte(s, '-')
	if i <= 0 || i == len(s)-1 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

func madeOf(s, letters string) bool { return strings.Trim(s, letters) == "" }
