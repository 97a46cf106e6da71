package themes

import (
	"fmt"
	"image/color"
	"strings"
)

// Theme is what a file says, complete and checked.
type Theme struct {
	Name    string // the file's name without .toml
	Summary string // one line
	Dark    bool   // made for a dark ground
	// Ramp runs from quiet to busy: six colours, nearest to the ground first.
	Ramp []color.Color

	colours map[string]color.RGBA
}

// Color returns the colour of a key of [Keys], nil where the theme leaves it
// to the terminal. It panics on a key that is not in Keys.
func (t *Theme) Color(key string) color.Color {
	if !keyNames[key] {
		panic("themes: no key " + key)
	}
	if c, ok := t.colours[key]; ok {
		return c
	}
	return nil
}

// Priority returns the colour of an alert's priority by its Falco name in any
// case ("Critical"), that of debug for an unknown one.
func (t *Theme) Priority(name string) color.Color {
	return t.oneOf("priority.", name, "debug")
}

// Category returns the colour of an event's category by its Falco name in any
// case ("file", "IPC"), that of other where it has none of its own.
func (t *Theme) Category(name string) color.Color {
	switch name = strings.ToLower(name); name {
	case "sleep", "time":
		name = "wait"
	}
	return t.oneOf("category.", name, "other")
}

func (t *Theme) oneOf(table, name, fallback string) color.Color {
	if key := table + strings.ToLower(name); keyNames[key] {
		return t.Color(key)
	}
	return t.Color(table + fallback)
}

// parseColour reads #rgb or #rrggbb.
func parseColour(s string) (color.RGBA, bool) {
	hex, ok := strings.CutPrefix(s, "#")
	if !ok {
		return color.RGBA{}, false
	}
	if strings.Trim(hex, "0123456789abcdefABCDEF") != "" {
		return color.RGBA{}, false
	}
	c := color.RGBA{A: 0xff}
	switch len(hex) {
	case 3:
		_, _ = fmt.Sscanf(hex, "%1x%1x%1x", &c.R, &c.G, &c.B) // all are digits
		c.R, c.G, c.B = c.R*0x11, c.G*0x11, c.B*0x11
	case 6:
		_, _ = fmt.Sscanf(hex, "%2x%2x%2x", &c.R, &c.G, &c.B)
	default:
		return color.RGBA{}, false
	}
	return c, true
}
