package recording

import (
	"os"
	"runtime"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
)

// Meta says who made a recording.
type Meta struct {
	Stoop   string    `json:"stoop,omitempty"` // version
	Host    string    `json:"host,omitempty"`
	Kernel  string    `json:"kernel,omitempty"`
	OS      string    `json:"os,omitempty"`
	Arch    string    `json:"arch,omitempty"`
	Started time.Time `json:"started"`          // when this file was begun, by the recording host's clock
	Part    int       `json:"part,omitempty"`   // which file of a rotated recording, from 1
	Filter  string    `json:"filter,omitempty"` // what was let through, empty for everything

	Trail *Trail `json:"trail,omitempty"` // of what alert; nil for a recording that is no trail
}

// Trail says of which alert a recording is the trail, and how much of it there
// was to keep. Alerts that came while it was kept are among its events.
type Trail struct {
	Alert     string    `json:"alert"` // id
	Rule      string    `json:"rule,omitempty"`
	Priority  string    `json:"priority,omitempty"`
	Container string    `json:"container,omitempty"` // 12-digit id, "host"
	Pod       string    `json:"pod,omitempty"`       // namespace/name
	Of        string    `json:"of,omitempty"`        // on the host: the processes that it is about
	Time      time.Time `json:"time"`                // of the alert
	Since     time.Time `json:"since,omitzero"`      // how far back the rings reached; zero: they held nothing
	Asked     time.Time `json:"asked,omitzero"`      // how far back was asked for; zero: as far as they reach
	Until     time.Time `json:"until"`               // when keeping is to end
	Overwrote uint64    `json:"overwrote,omitempty"` // events of the container that could not be written to its rings
	Follows   string    `json:"follows,omitempty"`   // the file with what came before, when that was kept already
}

// fill sets what is not set.
func (m *Meta) fill(part int) {
	if m.Host == "" {
		m.Host, _ = os.Hostname()
	}
	if m.OS == "" {
		m.OS, m.Arch = runtime.GOOS, runtime.GOARCH
	}
	m.Started, m.Part = time.Now().UTC(), part
}

// tablesMeta is the payload of a tables block.
type tablesMeta struct {
	Source string       `json:"source,omitempty"` // as the user named it
	Scheme string       `json:"scheme,omitempty"`
	Origin event.Origin `json:"origin,omitempty"` // which fields it can fill
	Docs   string       `json:"docs,omitempty"`   // the profile that reads its documents
	Host   event.Str    `json:"host,omitempty"`   // the node's name, a string of these tables
	Trail  event.Str    `json:"trail,omitempty"`  // the id of the alert whose trail it is, a string of these tables
	First  int64        `json:"first,omitempty"`  // time of the source's first event, ns since 1970
}

// statsMeta is the payload of a stats block: the counts since the recording
// began, and what its sources said.
type statsMeta struct {
	Since time.Time `json:"since,omitzero"` // when was counted before; zero: never
	At    time.Time `json:"at,omitzero"`    // when was counted

	Taken  uint64        `json:"taken"`
	Passed uint64        `json:"passed"`
	Bad    uint64        `json:"bad,omitempty"`
	Lost   []source.Loss `json:"lost,omitempty"`
	Notes  []source.Note `json:"notes,omitempty"`
}

// endMeta is the payload of an end block.
type endMeta struct {
	Events uint64    `json:"events"` // in this file
	Ended  time.Time `json:"ended"`
	Next   bool      `json:"next,omitempty"` // the recording goes on in a further file
}
