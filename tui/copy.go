package tui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/stoop-project/stoop/internal/compare"
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

// commander is an overlay of which there is a command that prints what it shows.
type commander interface {
	// command returns the command's words.
	command(m *Model) []string
}

// command is the stoop command that prints what this level shows, or what lies
// over it.
func (m *Model) command() string {
	words := m.levelCommand()
	if c, ok := m.over.(commander); ok {
		words = c.command(m)
	}
	return commandLine(words)
}

// commandLine writes a stoop command for a POSIX shell.
func commandLine(words []string) string {
	line := "stoop"
	for _, w := range words {
		line += " " + shellQuote(w)
	}
	return line
}

// levelCommand are the words of the command that prints what this level shows.
func (m *Model) levelCommand() []string {
	words := m.reads("print")
	if v := m.trailHere(); v != nil {
		return append(words, "--story", v.name(m))
	}
	if b := m.level().board; b != nil {
		words = append(words, "--dashboard", b.d.Name)
	}
	if expr := m.level().expr; expr != "" {
		words = append(words, "-f", expr)
	}
	return words
}

// reads are the words of a verb that reads what the screen reads.
func (m *Model) reads(verb string) []string {
	words := []string{verb}
	for _, s := range m.hub.sources {
		words = append(words, s.Info().Name)
	}
	return append(words, m.opt.Again...)
}

func (v *queueView) command(m *Model) []string {
	words := m.reads("queue")
	if v.all {
		words = append(words, "--all")
	}
	return words
}

func (a *around) command(m *Model) []string {
	return append(m.reads("print"), "--around", nameOf(m, a.from.Row()))
}

func (c *comparison) command(m *Model) []string {
	words := append(m.reads("print"), "--compare", c.of.ID)
	if c.report != nil && c.report.Against == compare.Past {
		words = append(words, "--past", time.Unix(0, c.opt.Since).UTC().Format(time.RFC3339Nano))
	}
	return words
}

func (*caseView) command(m *Model) []string { return []string{"case", "show", m.cases.Case.Folder()} }

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
