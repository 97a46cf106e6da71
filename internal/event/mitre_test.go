package event

import (
	"slices"
	"testing"
)

func TestTactics(t *testing.T) {
	tags := []string{"container", "mitre_execution", "T1059.004", "MITRE_command_and_control", "mitre_nothing"}
	if got, want := Tactics(tags), []string{"Execution", "Command and Control"}; !slices.Equal(got, want) {
		t.Errorf("tactics %q, want %q", got, want)
	}
}
