package rules

import (
	"fmt"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// Engine is the version of Falco's rule engine whose files are read here
// (falco userspace/engine/falco_engine_version.h).
var Engine = Version{0, 63, 0}

// Version is a semantic version.
type Version [3]int

func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v[0], v[1], v[2]) }

// meets reports whether who has v does what who asks for o needs.
func (v Version) meets(o Version) bool { return v[0] == o[0] && slices.Compare(v[:], o[:]) >= 0 }

// parseVersion reads x.y.z; what follows, a pre-release or build, is ignored.
func parseVersion(s string) (v Version, ok bool) {
	n, _ := fmt.Sscanf(s, "%d.%d.%d", &v[0], &v[1], &v[2])
	return v, n == 3 && v[0] >= 0 && v[1] >= 0 && v[2] >= 0
}

func readEngineVersion(l *loader, it *item) error {
	n, err := it.value("required_engine_version")
	if err != nil {
		return err
	}
	var v Version
	if minor, err := strconv.ParseUint(n.Value, 0, 31); err == nil {
		v = Version{0, int(minor), 0} // the numbering before 0.27
	} else if parsed, ok := parseVersion(n.Value); ok {
		v = parsed
	} else {
		return it.fail(n, ErrYAMLValidate, `Unable to parse engine version '%s' as a semver string. Expected "x.y.z" semver format.`, n.Value)
	}
	if !Engine.meets(v) {
		return it.fail(n, ErrValidate, "Rules require engine version %s, but engine version is %s", v, Engine)
	}
	return nil
}

// plugins lists the Falco plugins whose fields are built in, with the versions
// that the fields are as of.
var plugins = map[string]Version{
	"container":    {0, 6, 1},
	"json":         {0, 7, 3},
	"k8saudit":     {0, 16, 0},
	"k8saudit-aks": {0, 6, 0},
	"k8saudit-eks": {0, 12, 0},
	"k8saudit-gke": {0, 9, 0},
	"k8saudit-ovh": {0, 6, 0},
}

func readPluginVersions(l *loader, it *item) error {
	n := it.get("required_plugin_versions")
	if n.Kind != yaml.SequenceNode {
		return it.fail(n, ErrYAMLValidate, "Value of required_plugin_versions must be a sequence")
	}
	for _, p := range n.Content {
		if err := it.pluginVersion(deref(p)); err != nil {
			return err
		}
	}
	return nil
}

// pluginVersion checks that a plugin or one of its alternatives is built in.
// A newer minor version than the known one is met too: what the rules then use
// of it and is not known here is an unknown field, and says so.
func (it *item) pluginVersion(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return it.fail(n, ErrYAMLValidate, "Plugin version must be a mapping")
	}
	wanted := []*item{it.within(n, "")}
	if alts := wanted[0].get("alternatives"); alts != nil {
		if alts.Kind != yaml.SequenceNode {
			return it.fail(alts, ErrYAMLValidate, "Value of plugin version alternatives must be a sequence")
		}
		for _, a := range alts.Content {
			if a = deref(a); a.Kind != yaml.MappingNode {
				return it.fail(a, ErrYAMLValidate, "Plugin version alternative must be a mapping")
			}
			wanted = append(wanted, it.within(a, ""))
		}
	}
	met := false
	var names []string
	for _, w := range wanted {
		name, err := w.text("name")
		if err != nil {
			return err
		}
		text, err := w.text("version")
		if err != nil {
			return err
		}
		v, ok := parseVersion(text)
		if !ok {
			return it.fail(w.node, ErrValidate, "Invalid required version '%s' for plugin '%s'", text, name)
		}
		if slices.Contains(names, name) {
			return it.fail(w.node, ErrValidate, "Defined multiple alternative version requirements for plugin '%s'", name)
		}
		names = append(names, name)
		have, known := plugins[name]
		met = met || known && have[0] == v[0]
	}
	if !met {
		return it.fail(n, ErrValidate, "Plugin requirement not satisfied: none of %q is built in", names)
	}
	return nil
}
