// Package rules reads Falco's rule files, and stoop's own, into a set of rules
// whose conditions are whole: lists replaced, macros resolved, overrides and
// exceptions applied. [Load] reports what is wrong or odd in Falco's codes,
// each with its place in the file. What a set finds in events is package
// engine's part, below this one.
//
// A file is a YAML list of items. The kinds of items are a table (kinds.go);
// an item is of the kind whose key it has:
//
//	required_engine_version, required_plugin_versions   what the file needs
//	list       a name for values; replaced in the text of conditions
//	macro      a name for a condition
//	rule       a condition, and what to say when it holds
//	sequence   several rules and conditions within a time span; stoop's own
//
// Items are read in the order of the files. A later item of the same name
// replaces the earlier one, or changes it where it says so (override, or the
// older append: true). Macros see those that were defined before them; lists
// and rules see everything.
//
// What Falco does is as of its engine 0.63 (userspace/engine/
// rule_loader_reader.cpp, rule_loader_collector.cpp, rule_loader_compiler.cpp).
// Unlike Falco, which stops at the first error, every item's errors are
// reported, and [Options].Lenient keeps the items that have none.
package rules
