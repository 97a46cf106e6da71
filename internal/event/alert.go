package event

import "strings"

// Alert is what a rule's alerts have in common. What differs from one to the
// next (the output, the fields) is in the event's document.
type Alert struct {
	Rule     Str
	Source   Str // syscall, k8s_audit, …
	Tags     Str // each ended by a NUL, in the rule's order
	Origin   Str // who raised it: falco, wazuh, elastic, stoop
	Priority Priority
}

// Priority is the severity of an alert. 0 is unknown; the rest follow
// Falco's order, the worst first.
type Priority uint8

// The priorities (falco userspace/engine/falco_common.h).
const (
	PriorityUnknown Priority = iota
	PriorityEmergency
	PriorityAlert
	PriorityCritical
	PriorityError
	PriorityWarning
	PriorityNotice
	PriorityInformational
	PriorityDebug
)

var priorityNames = [...]string{"", "Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug"}

// String returns Falco's name of the priority, "" when it is unknown.
func (p Priority) String() string {
	if int(p) < len(priorityNames) {
		return priorityNames[p]
	}
	return ""
}

// PriorityOf reads a priority's name in any case, "Info" included.
func PriorityOf(name string) Priority {
	if strings.EqualFold(name, "info") {
		return PriorityInformational
	}
	for p, n := range priorityNames {
		if p > 0 && strings.EqualFold(n, name) {
			return Priority(p)
		}
	}
	return PriorityUnknown
}

// Alert source names.
const (
	SourceSyscall  = "syscall"
	SourceK8sAudit = "k8s_audit"
)
