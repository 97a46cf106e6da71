package rules

// kind is a kind of items: the key by which it is known, the keys that it may
// have beside that one, and how it is read.
type kind struct {
	key  string
	word string // what messages call it
	keys []string
	read func(l *loader, it *item) error
}

// kinds lists the kinds of items. An item is of the first kind whose key it
// has, as in Falco (rule_loader_reader.cpp, read_item).
var kinds []kind

func init() { // the readers look at the table
	kinds = []kind{
		{"required_engine_version", "required_engine_version", nil, readEngineVersion},
		{"required_plugin_versions", "required_plugin_versions", nil, readPluginVersions},
		{"list", "list", []string{"items", "append", "override"}, readList},
		{"macro", "macro", []string{"condition", "append", "override"}, readMacro},
		{"rule", "rule", []string{
			"condition", "output", "desc", "priority", "source", "enabled", "warn_evttypes", "skip-if-unknown-filter",
			"tags", "exceptions", "capture", "capture_duration", "append", "override", "guide",
		}, readRule},
		{"sequence", "sequence", append(sequenceKeys, "override"), readSequence},
	}
}
