package query

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/test/siem"
)

// A kind of documents is known, and a filter finds them, however few there are
// behind many newer ones of another kind in the same index; what no profile
// knows is counted.
func TestFewOfAnotherKind(t *testing.T) {
	at := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	stamp := func(n int) string { return at.Add(time.Duration(n) * time.Second).Format(time.RFC3339Nano) }
	few := map[string]string{
		"k8s-audit":               `{"@timestamp":%q,"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a","stage":"ResponseComplete","requestURI":"/api/v1/pods","verb":"list","user":{"username":"jo"},"stageTimestamp":"2026-06-01T00:00:00.000000Z","requestReceivedTimestamp":"2026-06-01T00:00:00.000000Z"}`,
		"falco (JSON in message)": `{"@timestamp":%q,"message":"{\"rule\":\"Few\",\"priority\":\"Notice\",\"output\":\"x\",\"time\":\"2026-06-01T00:00:00Z\",\"output_fields\":{\"proc.name\":\"few\"}}"}`,
		"container-logs":          `{"@timestamp":%q,"message":"it began","kubernetes":{"pod":{"name":"web-0"},"namespace":"shop"}}`,
		"falco (under json)":      `{"@timestamp":%q,"json":{"rule":"Few","priority":"Notice","output":"x","time":"2026-06-01T00:00:00Z","output_fields":{"proc.name":"few"}}}`,
		"zeek":                    `{"@timestamp":%q,"event":{"dataset":"zeek.dns"},"zeek":{"dns":{"query":"a.example"}}}`,
	}
	filters := map[string]string{
		"k8s-audit": "ka.verb = list", "falco (JSON in message)": "proc.name = few", "container-logs": "log.message = 'it began'",
		"falco (under json)": "proc.name = few", "zeek": "evt.dataset = zeek.dns",
	}
	siem.Each(t, func(t *testing.T, s *siem.Server) {
		for kind, text := range few {
			docs := [][]byte{fmt.Appendf(nil, text, stamp(0))}
			for n := range 200 {
				doc := alert(at.Add(time.Duration(n+10)*time.Second), n)
				docs = append(docs, []byte(strings.Replace(string(doc), "{", fmt.Sprintf(`{"@timestamp":%q,`, stamp(n+10)), 1)))
			}
			docs = append(docs, []byte(`{"neither":"time nor kind"}`), []byte(`{"neither":"this"}`))
			src := openAt(t, s, s.Address(s.Index(t, "", docs...)))
			if kinds := src.KindsText(); !strings.Contains(kinds, kind) || !strings.Contains(kinds, "falco") {
				t.Errorf("%s is not among %s", kind, kinds)
			}
			if got := lines(t, src, filters[kind], "evt.rawtime"); len(got) != 1 {
				t.Errorf("%s: %q", filters[kind], got)
			}
			if notes := fmt.Sprint(src.Stats().Notes); !strings.Contains(notes, "2 documents are of no kind") {
				t.Errorf("%s: %s", kind, notes)
			}
		}
	})
}
