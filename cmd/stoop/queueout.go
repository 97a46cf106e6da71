package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/queue"
	"github.com/stoop-project/stoop/internal/safetext"
)

// queueHeads are the columns of the table.
var queueHeads = []string{"GROUP", "STATE", "COUNT", "TREND", "PRIORITY", "LAST", "RULE", "WORKLOAD", "PARENT", "IMAGE", "VERDICT", "OWNER", "NOTE", "WHY"}

// trendBars are the eighths that trends are drawn with.
const trendBars = "▁▂▃▄▅▆▇█"

// trendWidth is how many steps a trend is written in.
const trendWidth = 12

// trendOf draws the trend of a group over the time of all alerts; steps
// without any are blank.
func trendOf(g *queue.Group, sum queue.Summary) string {
	var n [trendWidth]int
	g.Trend(n[:], sum.First, sum.Last+1)
	most := 1
	for _, c := range n {
		most = max(most, c)
	}
	bars := []rune(trendBars)
	var b strings.Builder
	for _, c := range n {
		if c == 0 {
			b.WriteByte(' ')
			continue
		}
		b.WriteRune(bars[(c*len(bars)-1)/most])
	}
	return b.String()
}

// writeQueue writes groups as a table.
func writeQueue(to io.Writer, groups []queue.Group, sum queue.Summary, redact bool) error {
	t := &tableRows{out: safetext.NewWriter(to), heads: queueHeads}
	for i := range groups {
		g := &groups[i]
		state := string(g.State)
		if g.Since > 0 {
			state += fmt.Sprintf(" (+%d)", g.Since)
		}
		cells := []string{
			g.ID, state, fmt.Sprint(g.Count), trendOf(g, sum), g.Priority.String(), time.Unix(0, g.Last).UTC().Format(time.RFC3339), g.Rule, g.Workload, g.Parent,
			shortDigest(g.Image), g.Record.Verdict, g.Record.Owner, g.Record.Note, whyText(g.Why),
		}
		for k, cell := range cells {
			if redact {
				cell = safetext.Redact(cell)
			}
			if cells[k] = safetext.Line(cell); cell == "" {
				cells[k] = "-"
			}
		}
		t.text(cells)
	}
	return t.flush()
}

// shortDigest shortens the digest of an image to the 12 digits that people
// compare.
func shortDigest(image string) string {
	if at := strings.Index(image, "@sha256:"); at >= 0 && len(image) > at+20 {
		return image[:at+20]
	}
	return image
}

func whyText(why []queue.Point) string {
	words := make([]string, len(why))
	for i, p := range why {
		words[i] = p.String()
	}
	return strings.Join(words, ", ")
}

// queueSummary says how much there is, and where states are.
func queueSummary(shown []queue.Group, sum queue.Summary, desk queue.Desk) string {
	text := fmt.Sprintf("%s in %s", count(sum.Alerts, "alert"), count(sum.Groups, "group"))
	for _, s := range queue.States {
		text += fmt.Sprintf(", %d %s", sum.States[s], s)
	}
	if n := sum.Groups - len(shown); n > 0 {
		text += fmt.Sprintf("; %d not shown (--all)", n)
	}
	if sum.Blocks > 0 {
		text += fmt.Sprintf("; %s left out", count(sum.Blocks, "building block"))
	}
	if desk != nil {
		text += "; states are kept in " + desk.Name()
	}
	return text
}

// queueDoc is a group in JSON.
type queueDoc struct {
	queue.Group
	Priority string    `json:"priority,omitempty"`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	LastNS   int64     `json:"last_rawtime"` // names the newest alert, as print --story takes it
	Filter   string    `json:"filter"`
	Verdict  string    `json:"verdict,omitempty"`
	Owner    string    `json:"owner,omitempty"`
	Note     string    `json:"note,omitempty"`
	By       string    `json:"by,omitempty"`
	At       time.Time `json:"at,omitzero"`
}

// writeQueueJSON writes groups as JSON, a line each.
func writeQueueJSON(to io.Writer, groups []queue.Group, redact bool) error {
	enc := json.NewEncoder(safetext.NewJSONWriter(to))
	enc.SetEscapeHTML(false)
	for i := range groups {
		g := groups[i]
		if redact {
			for _, text := range []*string{&g.Rule, &g.Workload, &g.Parent, &g.Image, &g.Record.Note} {
				*text = safetext.Redact(*text)
			}
		}
		r := g.Record
		if err := enc.Encode(queueDoc{
			g, g.Priority.String(), time.Unix(0, g.First).UTC(), time.Unix(0, g.Last).UTC(), g.Last, groups[i].Filter(),
			r.Verdict, r.Owner, r.Note, r.By, r.At,
		}); err != nil {
			return err
		}
	}
	return nil
}
