package rules

import (
	"regexp"
	"strings"
)

// tactics maps what Falco's tags call MITRE ATT&CK's tactics to their names.
var tactics = map[string]string{
	"mitre_reconnaissance":       "Reconnaissance",
	"mitre_resource_development": "Resource Development",
	"mitre_initial_access":       "Initial Access",
	"mitre_execution":            "Execution",
	"mitre_persistence":          "Persistence",
	"mitre_privilege_escalation": "Privilege Escalation",
	"mitre_defense_evasion":      "Defense Evasion",
	"mitre_credential_access":    "Credential Access",
	"mitre_discovery":            "Discovery",
	"mitre_lateral_movement":     "Lateral Movement",
	"mitre_collection":           "Collection",
	"mitre_command_and_control":  "Command and Control",
	"mitre_exfiltration":         "Exfiltration",
	"mitre_impact":               "Impact",
}

var technique = regexp.MustCompile(`^T\d{4}(\.\d{3})?$`)

// Tactics returns the names of the MITRE ATT&CK tactics that tags name, as
// mitre_execution does, in their order.
func Tactics(tags []string) (names []string) {
	for _, t := range tags {
		if name, ok := tactics[strings.ToLower(t)]; ok {
			names = append(names, name)
		}
	}
	return names
}

// ValueName says how the value of a field is called: of tags and techniques of
// MITRE ATT&CK the name of the tactic, and the id with the technique's name. All
// else is called what it is.
func ValueName(field, tag string) string {
	if field != "alert.tags" && field != "alert.mitre" {
		return tag
	}
	if names := Tactics([]string{tag}); len(names) > 0 {
		return names[0]
	}
	if name := TechniqueName(tag); name != "" {
		return tag + "  " + name
	}
	return tag
}

// Techniques returns the MITRE ATT&CK techniques among tags: T1059.004.
func Techniques(tags []string) (ids []string) {
	for _, t := range tags {
		if technique.MatchString(t) {
			ids = append(ids, t)
		}
	}
	return ids
}
