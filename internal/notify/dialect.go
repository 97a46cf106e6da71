package notify

import (
	"strings"

	"github.com/stoop-project/stoop/internal/safetext"
)

// dialect is the language of messages where one is read.
type dialect struct {
	text func(string) string // a value within a sentence
	code func(string) string // a value set apart, as it is
	most int                 // bytes of a message's body
}

// The dialects. No value can begin a link, a mention or any other form in them.
var (
	plain = &dialect{text: same, code: same, most: 16 << 10}
	// mrkdwn is Slack's: only & < > can be escaped in it, and do all harm that
	// there is (links, mentions); the signs of emphasis are put out of use.
	mrkdwn = &dialect{text: slackText, code: slackCode, most: 8 << 10}
	// markdown is CommonMark, where a backslash escapes every sign.
	markdown = &dialect{text: markdownText, code: markdownCode, most: 3800}
	// short is plain, for what has little room: Discord takes 2,000 characters,
	// Pushover 1,024, PagerDuty's summary as many.
	short = &dialect{text: same, code: same, most: 1000}
)

// dialects say which one a service of shoutrrr's speaks; the others are plain.
var dialects = map[string]*dialect{
	"slack":      mrkdwn,
	"googlechat": mrkdwn,
	"hangouts":   mrkdwn,
	"mattermost": markdown,
	"rocketchat": markdown,
	"teams":      markdown,
	"zulip":      markdown,
	"discord":    {text: markdownText, code: markdownCode, most: 1900},
	"pagerduty":  short,
	"pushover":   short,
	"wecom":      short,
	"bark":       short,
	"ifttt":      short,
	"join":       short,
}

func same(s string) string { return s }

// unquoted replaces what would end a code span.
var unquoted = strings.NewReplacer("`", "ˋ")

var slackEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "*", "∗", "_", "ˍ", "~", "∼", "`", "ˋ", "@", "＠")

func slackText(s string) string { return slackEscapes.Replace(s) }

var slackCodeEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func slackCode(s string) string {
	if s == "" {
		return ""
	}
	return "`" + slackCodeEscapes.Replace(unquoted.Replace(s)) + "`"
}

// What CommonMark lets a backslash escape, as far as it has a meaning: anywhere,
// and at the beginning of a line. A mention is taken before Markdown is: its sign
// becomes another one.
const (
	markdownSigns  = "\\`*_[]<>~|&:"
	markdownBegins = "#+-="
)

func markdownText(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == '@':
			r = '＠'
		case strings.ContainsRune(markdownSigns, r), i == 0 && strings.ContainsRune(markdownBegins, r):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func markdownCode(s string) string {
	if s == "" {
		return ""
	}
	return "`" + unquoted.Replace(strings.TrimSpace(s)) + "`"
}

// Bounds of a value in a message, in bytes: of what is shown, and of what is
// looked through for secrets before.
const (
	maxValue  = 1000
	maxLooked = 16 << 10
)

// Value is a text from outside, made safe for one dialect: on one line, without
// secrets, and without meaning. A template has no way to the text itself.
type Value []string // as text, as code; nil: nothing

func (d *dialect) value(s string, redact bool) Value {
	if s == "" {
		return nil
	}
	s = cut(s, maxLooked)
	if redact {
		s = safetext.Redact(s)
	}
	s = cut(safetext.Line(s), maxValue)
	return Value{d.text(s), d.code(s)}
}

// String returns the value as text.
func (v Value) String() string {
	if len(v) == 0 {
		return ""
	}
	return v[0]
}

// Code returns the value set apart, as it is typed.
func (v Value) Code() string {
	if len(v) == 0 {
		return ""
	}
	return v[1]
}

// cut shortens a text to most bytes, between two characters.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	s = s[:most]
	for i := len(s) - 1; i >= 0 && i > len(s)-5; i-- {
		if s[i] < 0x80 || s[i] >= 0xc0 { // the first byte of a character
			if s[i] >= 0xc0 {
				s = s[:i]
			}
			break
		}
	}
	return s + "…"
}
