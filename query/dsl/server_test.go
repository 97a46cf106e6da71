package dsl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/test/siem"
)

// The words that documents and filters of [TestAgainstServer] are made of.
var (
	words = []string{
		"nc", "NC", "ncat", "nginx", "", " ", "a*b", "a?b", `back\slash`, "ünïcödé", "日本", "-", "~", "sh -c id", "10", "010", "true",
		strings.Repeat("long ", 60) + "nc", strings.Repeat("x", 256), strings.Repeat("x", 257),
	}
	paths  = []string{"/etc/passwd", "/etc//shadow", "/etc", "etc/hosts", "/", "/usr/bin/nc", "/tmp/.x", "/etcetera"}
	ids    = []string{"host", "0123456789ab", strings.Repeat("0123456789abcdef", 4), "containerd://" + strings.Repeat("0123456789abcdef", 4), "fedcba987654"}
	counts = []any{0, 1, 7, 16, 443, 70000, -1, "7", "007", 4294967295}
	tags   = []string{"network", "mitre_execution", "process", "T1059"}
)

// document is a made-up alert; n tells it from the others.
func document(rng *rand.Rand, n int) []byte {
	fields := map[string]any{"n": n}
	some := func(name string, value any) {
		switch rng.IntN(5) {
		case 0: // missing
		case 1:
			if rng.IntN(4) == 0 {
				fields[name] = nil
				return
			}
			fallthrough
		default:
			fields[name] = value
		}
	}
	pick := func(all []string) string { return all[rng.IntN(len(all))] }
	some("proc.name", pick(words))
	some("proc.cmdline", pick(words)+" "+pick(words))
	some("proc.exepath", pick(paths))
	some("proc.pid", counts[rng.IntN(len(counts))])
	some("proc.tty", counts[rng.IntN(3)])
	some("user.name", pick(words))
	some("user.uid", counts[rng.IntN(len(counts))])
	some("fd.name", pick(paths))
	some("proc.pname", pick(words))
	some("proc.aname[2]", pick(words))
	some("proc.aname[3]", pick(words))
	some("container.id", pick(ids))
	some("container.name", pick(words))
	some("k8s.ns.name", pick(words))
	some("k8s.pod.name", pick(words))
	some("evt.type", []string{"execve", "connect", "openat", "nonsense"}[rng.IntN(4)])
	doc := map[string]any{
		"n": n, "rule": pick(words), "priority": []string{"Warning", "warning", "Notice", "Info", "CRITICAL", "odd"}[rng.IntN(6)],
		"time":   fmt.Sprintf("2026-11-23T22:0%d:%02d.%09dZ", rng.IntN(3), rng.IntN(60), rng.IntN(3)*500_000+rng.IntN(2)),
		"output": "o", "source": "syscall", "output_fields": fields,
	}
	if rng.IntN(3) > 0 {
		var list []string
		for range rng.IntN(3) {
			list = append(list, pick(tags))
		}
		doc["tags"] = list
	}
	text, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return text
}

// condition is a made-up filter.
func condition(rng *rand.Rand, depth int) string {
	switch n := rng.IntN(6); {
	case depth > 0 && n == 0:
		return "not (" + condition(rng, depth-1) + ")"
	case depth > 0 && n == 1:
		return "(" + condition(rng, depth-1) + " and " + condition(rng, depth-1) + ")"
	case depth > 0 && n == 2:
		return "(" + condition(rng, depth-1) + " or " + condition(rng, depth-1) + ")"
	}
	pick := func(all ...string) string { return all[rng.IntN(len(all))] }
	quote := strconv.Quote
	text := func() string { return quote(pick(append(words, paths...)...)) }
	list := func(one func() string) string {
		all := make([]string, rng.IntN(4))
		for i := range all {
			all[i] = one()
		}
		return "(" + strings.Join(all, ", ") + ")"
	}
	number := func() string { return pick("0", "1", "7", "0x10", "443", "70000", "-1") }
	textField := func() string {
		return pick("proc.name", "proc.cmdline", "proc.exepath", "user.name", "proc.pname", "proc.aname[2]", "proc.aname", "container.name",
			"k8s.ns.name", "k8s.pod.name", "alert.rule", "alert.priority", "evt.type", "fd.name", "proc.tty")
	}
	switch rng.IntN(11) {
	case 0, 1:
		return textField() + " " + pick("=", "!=", "contains", "icontains", "startswith", "endswith", "<", ">=") + " " + text()
	case 2:
		return textField() + " in " + list(text)
	case 3:
		return pick("proc.pid", "user.uid") + " " + pick("=", "!=", "<", "<=", ">", ">=") + " " + number()
	case 4:
		return pick("proc.pid", "user.uid", "proc.name", "alert.tags", "container.id", "proc.aname", "proc.aname[3]", "evt.type", "k8s.pod.name") + " exists"
	case 5:
		return "container.id " + pick("=", "!=", "startswith") + " " + quote(pick("host", "0123456789ab", "0123", "fedcba987654", ""))
	case 6:
		return pick("proc.exepath", "fd.name") + " pmatch " + list(func() string { return quote(pick(paths...)) })
	case 7:
		return textField() + " " + pick("glob", "iglob") + " " + quote(pick("n*", "*c", "a\\*b", "N?", "*", "?", "*o*g*", "[a-n]*"))
	case 8:
		return textField() + " regex " + quote(pick("nc(at)?", ".*", "[a-z]+", "a.b", "(nc|nginx) .*", "x{256}", "[^n].*", "[[:alpha:]]+"))
	case 9:
		return "alert.tags " + pick("in", "intersects") + " " + list(func() string { return pick(tags...) })
	}
	if rng.IntN(4) == 0 {
		return pick("json.value[/rule]", "jevt.value[/output_fields/proc.name]", "json.value[/output_fields/proc/name]", "json.value[/n]") + " " + pick("=", "!=", "in", "startswith") + " " + pick(quote(pick(words...)), "(nc, nginx)", "3") +
			pick("", "", " or evt.num = 0", " or not jevt.rawtime = 0", " or jevt.rawtime = 0")
	}
	if rng.IntN(2) == 0 {
		return pick("tolower", "toupper") + "(" + pick("proc.name", "proc.cmdline") + ") " + pick("=", "contains", "startswith", "!=") + " " + quote(pick("nc", "NC", "ünïcödé", ""))
	}
	return "evt.rawtime " + pick("<", "<=", ">", ">=", "=") + " " + fmt.Sprint(1795471200_000000000+rng.Int64N(180)*1e9+rng.Int64N(3)*500_000)
}

// mappings are those that the documents are indexed with: as a server makes
// them, as an administrator would, and one that hides a lot.
var mappings = map[string]string{
	"dynamic": `{}`,
	"keywords": `{"mappings":{"dynamic_templates":[{"s":{"match_mapping_type":"string","mapping":{"type":"keyword","ignore_above":64}}}],
		"properties":{"time":{"type":"date_nanos"},"output_fields":{"properties":{"proc":{"properties":{"pid":{"type":"long"}}}}}}}}`,
	"texts": `{"mappings":{"dynamic_templates":[{"s":{"match_mapping_type":"string","mapping":{"type":"text"}}}],"properties":{"time":{"type":"date"}}}}`,
	"flat":  `{"mappings":{"properties":{"output_fields":{"type":"flattened"},"time":{"type":"date"}}}}`,
	"shut":  `{"mappings":{"dynamic":false,"properties":{"n":{"type":"long"},"rule":{"type":"keyword","normalizer":"low"}}},"settings":{"analysis":{"normalizer":{"low":{"type":"custom","filter":["lowercase"]}}}}}`,
}

// seedsOf are those of the test's chances: the usual ones, or that of STOOP_SEED.
// STOOP_SEED=random asks for another one each time.
func seedsOf(t *testing.T, usual ...uint64) []uint64 {
	t.Helper()
	switch text := os.Getenv("STOOP_SEED"); text {
	case "":
		return usual
	case "random":
		return []uint64{rand.Uint64()}
	default:
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return []uint64{seed}
	}
}

// A filter finds on the server at least what it finds here, and what the plan
// calls exact nothing else, whatever the documents and however they are indexed.
func TestAgainstServer(t *testing.T) {
	siem.Each(t, func(t *testing.T, s *siem.Server) {
		for _, seed := range seedsOf(t, 1, 2) {
			for name, settings := range mappings {
				t.Run(fmt.Sprintf("%s %d", name, seed), func(t *testing.T) {
					if s.Flavor == siem.OS {
						settings = strings.ReplaceAll(settings, "flattened", "flat_object")
					}
					rng := rand.New(rand.NewPCG(seed, 1))
					compareWithServer(t, s, settings, rng, 300)
					if t.Failed() {
						t.Logf("STOOP_SEED=%d makes the same documents and filters", seed)
					}
				})
			}
		}
	})
}

func compareWithServer(t *testing.T, s *siem.Server, settings string, rng *rand.Rand, rounds int) {
	var docs [][]byte
	for n := range 250 {
		docs = append(docs, document(rng, n))
	}
	index := s.Index(t, settings)
	load(t, s, index, docs)
	m := mapped(t, s, index)
	b := &profile.Binding{Profile: profile.ByName("falco")}
	batch := mapAll(t, b, docs)
	var asked []*question
	var body bytes.Buffer
	for len(asked) < rounds {
		text := condition(rng, 2)
		f, err := filter.Compile(text, event.Fields)
		if err != nil {
			continue // an operator that the field does not take
		}
		q := &question{text: text, f: f, plan: Compile(f, b, m)}
		asked = append(asked, q)
		fmt.Fprintf(&body, "{\"index\":%q}\n{\"size\":%d,\"_source\":false,\"query\":%s}\n", index, len(docs), q.plan.Query)
	}
	exact := 0
	for i, found := range search(t, s, body.Bytes(), len(asked)) {
		asked[i].check(t, batch, found)
		if asked[i].plan.Exact {
			exact++
		}
	}
	t.Logf("%d of %d filters are the server's alone", exact, len(asked))
}

// mapAll reads the documents as the source would.
func mapAll(t *testing.T, b *profile.Binding, docs [][]byte) *event.Batch {
	t.Helper()
	tables := event.NewTables()
	mapper := profile.NewMapper(b.Profile, tables)
	mapper.Alone = true
	batch := event.NewBatch(tables, 1, len(docs))
	for _, doc := range docs {
		e, err := mapper.Map(doc)
		if err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
		batch.Append(e, doc)
	}
	return batch
}

// question is a filter that is asked.
type question struct {
	text string
	f    *filter.Filter
	plan *Plan

	missing []int // documents that the server does not have
}

func (q *question) check(t *testing.T, batch *event.Batch, found map[int]bool) {
	t.Helper()
	for i := range batch.Len() {
		if slices.Contains(q.missing, i) {
			continue
		}
		switch holds := q.f.Match(batch, i); {
		case holds && !found[i]:
			t.Errorf("%s\nis not found: %s\n%s\nby %s", brief(q.text), q.values(batch.Row(i)), brief(string(batch.Payload(i))), brief(string(q.plan.Query)))
			return
		case !holds && found[i] && q.plan.Exact:
			t.Errorf("%s\nis said to be exact, but finds: %s\n%s\nby %s", brief(q.text), q.values(batch.Row(i)), brief(string(batch.Payload(i))), brief(string(q.plan.Query)))
			return
		}
	}
}

// values are what the event has of the question's fields.
func (q *question) values(r event.Row) string {
	var all []string
	filter.Fields(q.f.Expr(), func(o *filter.Field) {
		if f, a, ok := resolve(o); ok {
			v, has := f.Get(r, a)
			all = append(all, fmt.Sprintf("%s is %q (%v)", o, v.String(), has))
		}
	})
	return strings.Join(all, ", ")
}

var long = regexp.MustCompile(`x{20,}|(long ){9,}`)

// brief shortens the long words.
func brief(s string) string { return long.ReplaceAllString(s, "…") }

// search asks many questions at once and returns the numbers of the documents
// that each has found.
func search(t *testing.T, s *siem.Server, body []byte, n int) []map[int]bool {
	t.Helper()
	var answer struct {
		Responses []struct {
			Error json.RawMessage
			Hits  struct {
				Hits []struct {
					ID int `json:"_id,string"`
				}
			}
			Shards struct{ Failures json.RawMessage } `json:"_shards"`
		}
	}
	if err := json.Unmarshal(s.Do(t, "POST", "/_msearch", body), &answer); err != nil || len(answer.Responses) != n {
		t.Fatalf("%d answers: %v", len(answer.Responses), err)
	}
	lines := bytes.Split(body, []byte("\n"))
	all := make([]map[int]bool, n)
	for i, r := range answer.Responses {
		if r.Error != nil || r.Shards.Failures != nil {
			t.Fatalf("%s\nis refused: %s%s", lines[2*i+1], r.Error, r.Shards.Failures)
		}
		all[i] = map[int]bool{}
		for _, hit := range r.Hits.Hits {
			all[i][hit.ID] = true
		}
	}
	return all
}
