package tuitest

import (
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/vt"
)

// Driver works a model as Bubble Tea would, one message after the other, with
// every command run to its end before the next message, and shows what it
// draws on an emulated terminal.
type Driver struct {
	Model   tea.Model
	Screen  *vt.Emulator
	Copied  string // what was put on the clipboard last
	HasQuit bool

	w, h int
}

// NewDriver starts a model on a terminal of a size and a colour profile.
func NewDriver(m tea.Model, w, h int, profile colorprofile.Profile) *Driver {
	d := &Driver{Model: m, w: w, h: h, Screen: vt.NewEmulator(w, h)}
	d.Send(tea.ColorProfileMsg{Profile: profile}, tea.WindowSizeMsg{Width: w, Height: h})
	d.run(m.Init(), 0)
	return d
}

// Send hands messages to the model.
func (d *Driver) Send(msgs ...tea.Msg) {
	for _, msg := range msgs {
		d.send(msg, 0)
	}
}

func (d *Driver) send(msg tea.Msg, depth int) {
	if size, ok := msg.(tea.WindowSizeMsg); ok {
		d.w, d.h = size.Width, size.Height
		d.Screen = vt.NewEmulator(d.w, d.h)
	}
	m, cmd := d.Model.Update(msg)
	d.Model = m
	m.View()
	d.run(cmd, depth)
}

// maxDepth bounds how many messages one message may lead to, one after the
// other, before the driver gives the rest up: a model that never comes to rest
// is a fault that its test then sees.
const maxDepth = 200

// run runs a command and what it leads to.
func (d *Driver) run(cmd tea.Cmd, depth int) {
	if cmd == nil || depth > maxDepth {
		return
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range msg {
			d.run(c, depth+1)
		}
	case tea.QuitMsg:
		d.HasQuit = true
	default:
		if v := reflect.ValueOf(msg); strings.Contains(fmt.Sprintf("%T", msg), "setClipboard") {
			d.Copied = v.String()
			return
		}
		if strings.HasPrefix(fmt.Sprintf("%T", msg), "tea.") {
			return // Bubble Tea's own: the terminal would answer
		}
		d.send(msg, depth+1)
	}
}

// Settle lets what runs beside the model (sources) go on until done reports
// true, poking the model with msg in between; it gives up after 30 s.
func (d *Driver) Settle(poke tea.Msg, done func() bool) bool {
	for until := time.Now().Add(30 * time.Second); time.Now().Before(until); time.Sleep(time.Millisecond) {
		d.Send(poke)
		if done() {
			return true
		}
	}
	return false
}

// Keys presses keys, named as Bubble Tea names them.
func (d *Driver) Keys(names ...string) {
	for _, n := range names {
		d.Send(Key(n))
	}
}

// Type types a text.
func (d *Driver) Type(text string) {
	for _, r := range text {
		d.Send(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
}

// codes are the keys that are no characters.
var codes = map[string]rune{
	"up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight, "enter": tea.KeyEnter, "esc": tea.KeyEscape,
	"tab": tea.KeyTab, "backspace": tea.KeyBackspace, "home": tea.KeyHome, "end": tea.KeyEnd, "pgup": tea.KeyPgUp,
	"pgdown": tea.KeyPgDown, "delete": tea.KeyDelete,
}

// Key makes the message of a key by its name: j, enter, ctrl+f, shift+tab.
func Key(name string) tea.KeyPressMsg {
	var k tea.Key
	for {
		mod, rest, ok := strings.Cut(name, "+")
		if !ok || rest == "" {
			break
		}
		switch mod {
		case "ctrl":
			k.Mod |= tea.ModCtrl
		case "alt":
			k.Mod |= tea.ModAlt
		case "shift":
			k.Mod |= tea.ModShift
		}
		name = rest
	}
	switch {
	case name == "space":
		k.Code, k.Text = ' ', " "
	case codes[name] != 0:
		k.Code = codes[name]
	default:
		k.Code, _ = utf8.DecodeRuneInString(name)
		if k.Mod == 0 {
			k.Text = name
		}
	}
	return tea.KeyPressMsg(k)
}

// Draw draws the model's view on the emulated terminal and returns what the
// model wrote.
func (d *Driver) Draw() string {
	content := d.Model.View().Content
	_, _ = d.Screen.WriteString("\x1b[2J\x1b[H\x1b[?7l" + strings.ReplaceAll(content, "\n", "\r\n"))
	return content
}

// Text draws the model and returns the screen's lines, without the blanks at
// their ends.
func (d *Driver) Text() string {
	d.Draw()
	return Text(d.Screen, d.w, d.h)
}
