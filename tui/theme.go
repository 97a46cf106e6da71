package tui

import (
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/themes"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// The styles that the screens use, made of tones only.
var (
	styText   = grid.Style{}
	styBold   = grid.Style{Attr: grid.Bold}
	styDim    = grid.Style{Fg: grid.Dim}
	styFaint  = grid.Style{Fg: grid.Faint}
	styLine   = grid.Style{Fg: grid.Border}
	styAccent = grid.Style{Fg: grid.Accent}
	styFocus  = grid.Style{Fg: grid.Accent, Attr: grid.Bold}
	styGood   = grid.Style{Fg: grid.Good}
	styWarn   = grid.Style{Fg: grid.Warn}
	styAlarm  = grid.Style{Fg: grid.Alarm, Attr: grid.Bold}
	styMatch  = grid.Style{Fg: grid.Match, Attr: grid.Underline}
	styBar    = grid.Style{Fg: grid.Bar}
	styError  = grid.Style{Fg: grid.Error}
)

// priorityStyle is how an alert of a priority stands out.
func priorityStyle(p event.Priority) grid.Style {
	if p == event.PriorityUnknown || p > event.PriorityDebug {
		p = event.PriorityNotice
	}
	return grid.Style{Fg: grid.Emergency + grid.Tone(p-event.PriorityEmergency), Attr: grid.Bold}
}

// categories are the tones of Falco's event categories.
var categories = map[string]grid.Tone{
	"file": grid.File, "net": grid.Net, "process": grid.Process, "memory": grid.Memory, "ipc": grid.IPC,
	"signal": grid.Signal, "user": grid.User, "system": grid.System, "wait": grid.Wait, "sleep": grid.Wait, "time": grid.Wait,
	"IO-read": grid.Other, "IO-write": grid.Other, "IO-other": grid.Other, "other": grid.Other,
}

// verbStyle is how the word for what was done looks.
func verbStyle(t event.Type) grid.Style {
	tone, ok := categories[t.Info().Category]
	if !ok {
		tone = grid.Other
	}
	return grid.Style{Fg: tone}
}

// paletteOf turns a theme into the grid's colours.
func paletteOf(t *themes.Theme) *grid.Palette {
	var p grid.Palette
	for i := range grid.Keys {
		p[i] = t.Color(grid.Keys[i])
	}
	for i, c := range t.Ramp {
		p[int(grid.Ramp)+i] = c
	}
	return &p
}
