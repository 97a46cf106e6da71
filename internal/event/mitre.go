package event

import "strings"

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
