package dashboard

import (
	"encoding/json"
	"io"
	"time"
)

// jsonPanel is a panel with what it found, as JSON has it.
type jsonPanel struct {
	Dashboard string    `json:"dashboard"`
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	Title     string    `json:"title"`
	Kind      Kind      `json:"kind"`
	By        []string  `json:"by,omitempty"`
	Filter    string    `json:"filter,omitempty"`
	Step      string    `json:"step,omitempty"` // length of a bucket
	*Result
}

// WriteJSON writes an object for each panel, one a line.
func WriteJSON(out io.Writer, d *Dashboard, span Span, results []*Result, mask func(string) string) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for i, p := range d.Panels {
		line := jsonPanel{
			Dashboard: d.Name, From: time.Unix(0, span.From).UTC(), To: time.Unix(0, span.To).UTC(),
			Title: p.Title, Kind: p.Kind, By: p.By, Filter: p.Filter, Result: masked(results[i], mask),
		}
		if line.Span.Buckets > 0 {
			line.Step = time.Duration(line.Span.Step()).String()
		}
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

// masked hides the secrets in a result's values.
func masked(r *Result, mask func(string) string) *Result {
	if mask == nil {
		return r
	}
	out := *r
	out.Groups = make([]Group, len(r.Groups))
	for i, g := range r.Groups {
		out.Groups[i] = g
		out.Groups[i].Keys = make([]string, len(g.Keys))
		for k, key := range g.Keys {
			out.Groups[i].Keys[k] = mask(key)
		}
	}
	return &out
}
