package rules

import (
	"reflect"
	"testing"
)

func TestMITRE(t *testing.T) {
	tags := []string{"container", "mitre_execution", "T1059.004", "mitre_command_and_control", "T1071", "PCI_DSS_10.2.5", "T10"}
	if got, want := Tactics(tags), []string{"Execution", "Command and Control"}; !reflect.DeepEqual(got, want) {
		t.Errorf("tactics %q, want %q", got, want)
	}
	if got, want := Techniques(tags), []string{"T1059.004", "T1071"}; !reflect.DeepEqual(got, want) {
		t.Errorf("techniques %q, want %q", got, want)
	}
}
