package grid

import "image/color"

// Tone is what a colour is used for.
type Tone uint8

// The tones. Their names are the keys of theme files (package themes).
const (
	Text   Tone = iota // what is read
	Dim                // what is read second: units, secondary columns
	Faint              // rules, axes, hints
	Accent             // the one accent: focus, titles, what can be acted on
	Good               // a source that is well
	Warn               // failures, losses, warnings
	Alarm              // alerts of the higher priorities, errors
	Match              // text that the search found
	Border             // lines between panels

	Emergency // alerts of this priority; the others follow in Falco's order
	_
	_
	_
	_
	_
	_
	Debug

	File // events of this category
	Net
	Process
	Memory
	IPC
	Signal
	User
	System
	Wait
	Other

	Kernel // the part of a filter that the kernel evaluates
	SIEM
	Client
	Inferred

	Field // parts of a filter
	Operator
	Value
	Macro
	Error

	Bar // charts
	Shown
	Alert
	Lost

	Base     // the ground
	Raised   // title and status lines
	Select   // the row under the cursor, in the panel with the focus
	Select2  // the same in a panel without it
	Cell     // the cell under the cursor
	AlarmBed // the ground of an alert's row

	Ramp // how busy something is, quiet to busy: this tone and the five behind it
	_
	_
	_
	_
	_
	numTones
)

// Keys are the keys of theme files that give the tones their colours, in the
// tones' order. The ramp has one key, chart.ramp, for all its tones.
var Keys = [Ramp]string{
	"tone.text", "tone.dim", "tone.faint", "tone.accent", "tone.good", "tone.warn", "tone.alarm", "tone.match", "tone.border",
	"priority.emergency", "priority.alert", "priority.critical", "priority.error",
	"priority.warning", "priority.notice", "priority.informational", "priority.debug",
	"category.file", "category.net", "category.process", "category.memory", "category.ipc",
	"category.signal", "category.user", "category.system", "category.wait", "category.other",
	"badge.kernel", "badge.siem", "badge.client", "badge.inferred",
	"filter.field", "filter.operator", "filter.value", "filter.macro", "filter.error",
	"chart.bar", "chart.shown", "chart.alert", "chart.lost",
	"tone.base", "tone.raised", "tone.select", "tone.select2", "tone.cell", "tone.alarmbed",
}

// Attr are the attributes of text. They carry what a screen without colours
// must still tell apart.
type Attr uint8

// The attributes.
const (
	Bold Attr = 1 << iota
	Italic
	Underline
	Reverse
)

// Style is how a cell looks.
type Style struct {
	Fg   Tone
	On   Tone // the ground; a tone that is none stands for Base
	Attr Attr
}

// Bold returns the style in bold.
func (s Style) Bold() Style { s.Attr |= Bold; return s }

// With returns the style with further attributes.
func (s Style) With(a Attr) Style { s.Attr |= a; return s }

// Over returns the style on another ground.
func (s Style) Over(t Tone) Style { s.On = t; return s }

// Palette gives each tone its colour; nil leaves it to the terminal.
type Palette [numTones]color.Color

// colours returns the two colours of a style.
func (p *Palette) colours(s Style) (fg, bg color.Color) {
	if s.On < Base {
		s.On = Base
	}
	return p[s.Fg], p[s.On]
}
