package themes

// Key is something that a theme gives a colour to.
type Key struct {
	Name string // "table.key", as in the file
	Doc  string // what has this colour
	On   string // the ground that it is read on; "" for grounds themselves
	Min  float64
}

// Keys are all keys of a theme, in the order of its file. Min is the contrast
// ratio to On (WCAG 2.2, 1 to 21) that the built-in themes keep: 4.5 for what
// is read, 3 for what is read second and for marks, less for mere lines.
var Keys = []Key{
	{"tone.text", "what is read", "tone.base", 4.5},
	{"tone.dim", "what is read second: units, secondary columns", "tone.base", 4.5},
	{"tone.faint", "rules, axes, hints", "tone.base", 3},
	{"tone.accent", "the one accent: focus, titles, what can be acted on", "tone.base", 4.5},
	{"tone.good", "a source that is well", "tone.base", 4.5},
	{"tone.warn", "failures, losses, warnings", "tone.base", 4.5},
	{"tone.alarm", "alerts of the higher priorities, errors", "tone.base", 4.5},
	{"tone.match", "text that the search found", "tone.base", 4.5},
	{"tone.border", "frames between panels", "tone.base", 1.5},
	{"tone.base", "the ground; \"none\" leaves it to the terminal", "", 0},
	{"tone.raised", "the ground of title and status lines", "", 0},
	{"tone.select", "the row under the cursor, in the panel with the focus", "", 0},
	{"tone.select2", "the same in a panel without it", "", 0},
	{"tone.cell", "the cell under the cursor", "", 0},
	{"tone.alarmbed", "the ground of an alert's row", "", 0},

	{"priority.emergency", "alerts of this priority", "tone.base", 4.5},
	{"priority.alert", "", "tone.base", 4.5},
	{"priority.critical", "", "tone.base", 4.5},
	{"priority.error", "", "tone.base", 4.5},
	{"priority.warning", "", "tone.base", 4.5},
	{"priority.notice", "", "tone.base", 4.5},
	{"priority.informational", "", "tone.base", 4.5},
	{"priority.debug", "", "tone.base", 3},

	{"category.file", "events of this category (evt.category)", "tone.base", 4.5},
	{"category.net", "", "tone.base", 4.5},
	{"category.process", "", "tone.base", 4.5},
	{"category.memory", "", "tone.base", 4.5},
	{"category.ipc", "", "tone.base", 4.5},
	{"category.signal", "", "tone.base", 4.5},
	{"category.user", "credentials", "tone.base", 4.5},
	{"category.system", "namespaces, mounts, modules", "tone.base", 4.5},
	{"category.wait", "waiting, sleeping, clocks", "tone.base", 3},
	{"category.other", "every other category", "tone.base", 3},

	{"badge.kernel", "the part of a filter that the kernel evaluates", "tone.base", 4.5},
	{"badge.siem", "the part that a SIEM evaluates", "tone.base", 4.5},
	{"badge.client", "the part that stoop evaluates itself", "tone.base", 4.5},
	{"badge.inferred", "what was inferred and not seen", "tone.base", 3},

	{"filter.field", "a field's name in a filter", "tone.base", 4.5},
	{"filter.operator", "operators and brackets", "tone.base", 4.5},
	{"filter.value", "values and lists", "tone.base", 4.5},
	{"filter.macro", "macros and lists by name", "tone.base", 4.5},
	{"filter.error", "what is wrong", "tone.base", 4.5},

	{"chart.bar", "bars and lines of what happened", "tone.base", 3},
	{"chart.shown", "the part that the filter lets through", "tone.base", 3},
	{"chart.alert", "alerts in a chart", "tone.base", 4.5},
	{"chart.lost", "events that were lost", "tone.base", 3},
}

// rampSteps is how many colours chart.ramp has, quiet to busy.
const rampSteps = 6

var keyNames = func() map[string]bool {
	set := make(map[string]bool, len(Keys))
	for _, k := range Keys {
		set[k.Name] = true
	}
	return set
}()
