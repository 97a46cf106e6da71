package ship

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"weak"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile"
)

// ids makes the ids of documents. Those that are made one after the other begin
// alike, which servers find sooner.
//
//   - Of a recording: what tells the recording and the node in it, and the event's
//     number. Reading the recording again gives the same ids.
//   - Of documents of others, from a file or a SIEM, whose numbers depend on how
//     they were read: their time and their text, and for a text that came before,
//     how many times it had.
//   - Of a live source: a random name of this run of it, and the event's number.
type ids struct {
	runs map[weak.Pointer[event.Tables]]string // of live sources
	seen [2]map[[16]byte]uint32                // texts and how often they came: of late, and before
}

func newIDs() *ids {
	return &ids{runs: make(map[weak.Pointer[event.Tables]]string), seen: [2]map[[16]byte]uint32{{}, {}}}
}

// again reports whether an event of these tables may have been sent by a process
// before this one.
func again(r event.Row) bool { return r.T.Run != "" || r.B.Bits[r.I]&event.HasDoc != 0 }

// append appends the id of an event.
func (s *ids) append(dst []byte, r event.Row) []byte {
	if r.T.Run == "" && r.B.Bits[r.I]&event.HasDoc != 0 {
		return s.document(dst, r)
	}
	dst = append(dst, s.run(r.T)...)
	var number [8]byte
	binary.BigEndian.PutUint64(number[:], r.B.Seq+uint64(r.I))
	return hex.AppendEncode(append(dst, '-'), number[2:])
}

// run is what an id begins with: 16 characters.
func (s *ids) run(t *event.Tables) string {
	key := weak.Make(t)
	run, ok := s.runs[key]
	if ok {
		return run
	}
	if t.Run == "" {
		run = strings.ToLower(rand.Text()[:16])
	} else {
		sum := sha256.Sum256([]byte(t.Run))
		run = hex.EncodeToString(sum[:8])
	}
	for old := range s.runs {
		if old.Value() == nil {
			delete(s.runs, old)
		}
	}
	s.runs[key] = run
	return run
}

// maxSeen is how many texts are remembered at least.
const maxSeen = 1 << 16

func (s *ids) document(dst []byte, r event.Row) []byte {
	sum := sha256.Sum256(profile.Document(r.B.Payload(r.I)))
	text := [16]byte(sum[:16])
	n := max(s.seen[0][text], s.seen[1][text])
	if len(s.seen[0]) >= maxSeen {
		s.seen[0], s.seen[1] = make(map[[16]byte]uint32), s.seen[0]
	}
	s.seen[0][text] = n + 1
	var at [8]byte
	if r.B.Bits[r.I]&event.Inferred == 0 { // else it is that of the document before
		binary.BigEndian.PutUint64(at[:], uint64(r.B.Time[r.I]))
	}
	if n > 0 {
		sum = sha256.Sum256(binary.BigEndian.AppendUint32(sum[:], n))
		text = [16]byte(sum[:16])
	}
	dst = hex.AppendEncode(dst, at[:])
	return hex.AppendEncode(append(dst, '-'), text[:])
}
