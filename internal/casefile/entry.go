package casefile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/event"
)

// Kind is what an entry is.
type Kind string

// The kinds.
const (
	Begun   Kind = "begun"   // the case, with its title
	Mark    Kind = "mark"    // an event
	Note    Kind = "note"    // a text, of the case or of another entry
	Filter  Kind = "filter"  // a condition and what it is called
	Trail   Kind = "trail"   // what led to an alert and what came of it
	Picture Kind = "picture" // of the screen
	View    Kind = "view"    // where the screen was left
	Dropped Kind = "dropped" // takes another entry out
)

var kinds = []Kind{Begun, Mark, Note, Filter, Trail, Picture, View, Dropped}

// Entry is one thing in a case.
type Entry struct {
	ID   string    `json:"id"`
	Kind Kind      `json:"kind"`
	At   time.Time `json:"at"`
	By   string    `json:"by,omitempty"`

	Title  string          `json:"title,omitempty"`  // one line
	Text   string          `json:"text,omitempty"`   // of a note; the story of a trail, as plain text
	Of     string          `json:"of,omitempty"`     // the entry that a note is about, or that is dropped
	Filter string          `json:"filter,omitempty"` // of a filter; of a trail, what its events are found by
	Key    string          `json:"key,omitempty"`    // of the event: see [KeyOf]
	Time   int64           `json:"time,omitempty"`   // of the event, ns since 1970
	Event  json.RawMessage `json:"event,omitempty"`  // its fields, as [event.JSON] writes them
	Place  *Place          `json:"place,omitempty"`  // of a view
	Files  []File          `json:"files,omitempty"`
}

// File is a file of the case.
type File struct {
	Name   string `json:"name"` // in the case's folder
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
	Events int    `json:"events,omitempty"`
}

// Bounds of an entry, in bytes and files.
const (
	maxTitle  = 1024
	maxText   = 1 << 20
	maxFilter = 64 << 10
	maxEvent  = 2 << 20
	maxFiles  = 16
)

// check refuses what no entry may be.
func (e *Entry) check() error {
	switch {
	case !slices.Contains(kinds, e.Kind):
		return fmt.Errorf("%q is no kind of entry", e.Kind)
	case e.ID == "" || len(e.ID) > 64 || len(e.Of) > 64 || len(e.Key) > 64:
		return fmt.Errorf("an id has 1 to 64 bytes")
	case len(e.Title) > maxTitle || len(e.By) > maxTitle:
		return fmt.Errorf("a title has at most %d bytes; this one has %d", maxTitle, len(e.Title))
	case len(e.Text) > maxText:
		return fmt.Errorf("a text has at most %d bytes; this one has %d", maxText, len(e.Text))
	case len(e.Filter) > maxFilter || len(e.Event) > maxEvent || len(e.Files) > maxFiles:
		return fmt.Errorf("the entry is too large")
	}
	if e.Kind == View {
		if err := e.Place.check(); err != nil {
			return err
		}
	}
	for _, f := range e.Files {
		if f.Name == "" || f.Name != cleanName(f.Name) || f.Size < 0 {
			return fmt.Errorf("%q cannot be the name of a file of the case", f.Name)
		}
		if sum, err := hex.DecodeString(f.SHA256); err != nil || len(sum) != sha256.Size {
			return fmt.Errorf("%s: %q is no SHA-256", f.Name, f.SHA256)
		}
	}
	return nil
}

// cleanName makes a name of a file of letters, digits, dashes and dots, which
// does not leave the folder and is not hidden.
func cleanName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' {
			return r
		}
		return '-'
	}, s)
	return strings.TrimLeft(s[:min(len(s), 100)], ".-")
}

// KeyOf names an event so that it is found again wherever it is read: 16 hex
// digits of its time, type, thread, result, container and rule.
func KeyOf(r event.Row) string {
	e := r.B.At(r.I)
	parts := []string{
		strconv.FormatInt(e.Time, 10), e.Type.String(), strconv.FormatUint(uint64(e.TID), 10), strconv.FormatInt(e.Res, 10),
		r.T.Text(r.C().ID), r.T.Text(r.A().Rule),
	}
	if r.Alert == 0 && e.Bits&event.HasDoc != 0 {
		parts = append(parts, string(r.B.Payload(r.I)))
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// MarkOf is the entry of a marked event. title is what the screen says of it.
func MarkOf(r event.Row, title string) Entry {
	doc := event.NewJSON(nil).Append(nil, r)
	if len(doc) > maxEvent {
		doc = nil
	}
	return Entry{Kind: Mark, Title: cutTo(title, maxTitle), Key: KeyOf(r), Time: r.B.Time[r.I], Event: doc}
}

func cutTo(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
