package rules

import (
	"regexp"

	"github.com/stoop-project/stoop/internal/event"
)

var technique = regexp.MustCompile(`^T\d{4}(\.\d{3})?$`)

// ValueName says how the value of a field is called: of tags and techniques of
// MITRE ATT&CK the name of the tactic, and the id with the technique's name. All
// else is called what it is.
func ValueName(field, tag string) string {
	if field != "alert.tags" && field != "alert.mitre" {
		return tag
	}
	if names := event.Tactics([]string{tag}); len(names) > 0 {
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
