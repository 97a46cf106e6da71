package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// copyValue puts the value under the cursor on the clipboard.
func (m *Model) copyValue() tea.Cmd {
	field, value, ok := m.cell()
	if !ok {
		return nil
	}
	value = m.read.mask(value)
	m.say("copied " + field + ": " + value)
	return m.clipboard(value)
}

// copyCommand puts a command on the clipboard that prints what this level
// shows.
func (m *Model) copyCommand() tea.Cmd {
	cmd := m.command()
	m.say("copied: " + cmd)
	return m.clipboard(cmd)
}

// clipboard puts a text on the clipboard of the terminal (OSC 52).
func (m *Model) clipboard(text string) tea.Cmd {
	if m.painter != nil {
		m.painter.Raw(ansi.SetSystemClipboard(text))
		return nil
	}
	return tea.SetClipboard(text)
}

// command is the stoop command that prints what this level shows.
func (m *Model) command() string {
	words := []string{"stoop", "print"}
	for _, s := range m.hub.sources {
		words = append(words, shellQuote(s.Info().Name))
	}
	if v := m.trailHere(); v != nil {
		return strings.Join(append(words, "--story", shellQuote(v.name(m))), " ")
	}
	if b := m.level().board; b != nil {
		words = append(words, "--dashboard", shellQuote(b.d.Name))
	}
	if expr := m.level().expr; expr != "" {
		words = append(words, "-f", shellQuote(expr))
	}
	return strings.Join(words, " ")
}

// shellQuote writes a word for a POSIX shell.
func shellQuote(s string) string {
	plain := s != "" && strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("_-./:=@%+,", r)
	}) < 0
	if plain {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
