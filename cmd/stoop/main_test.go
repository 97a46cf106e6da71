package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/safetext"

	"github.com/stoop-project/stoop/internal/testdata"
)

// stoop runs a command line in this process and returns what it printed.
func stoop(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var stderr bytes.Buffer
	code = run(t.Context(), args, f, &stderr)
	text, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return code, string(text), stderr.String()
}

const alerts = "testdata/alerts.json"

func TestExitCodesAndMessages(t *testing.T) {
	tests := []struct {
		name string
		args string // words, separated by |
		code int
		out  string // is in the output
		errs string // is in the messages
	}{
		{"version", "version", exitOK, "stoop devel", ""},
		{"help", "--help", exitOK, "demo   a real incident", ""},
		{"help of a verb", "print|--help", exitOK, "--filter", ""},
		{"an unknown flag", "print|--nope", exitUsage, "", "--nope"},
		{"an unknown format", "print|" + alerts + "|-o|xml", exitUsage, "", "xml"},
		{"a time that is none", "print|" + alerts + "|--since|yesterday", exitUsage, "", "not a time"},
		{"times the wrong way round", "print|" + alerts + "|--since|2026-11-23|--until|2026-11-22", exitUsage, "", "is before --since"},
		{"a negative limit", "print|" + alerts + "|--limit=-1", exitUsage, "", "cannot be negative"},
		{"a column that is no field", "print|" + alerts + "|--columns|proc.nam", exitUsage, "", "proc.name"},
		{"a file that is not there", "print|nowhere.json", exitFailed, "", "nowhere.json"},
		{"a verb that is mistyped", "prnt|" + alerts, exitUsage, "", "did you mean 'stoop print'?"},
		{"an empty file", "print|/dev/null", exitOK, "", "/dev/null: there is nothing in it"},
		{"a column with an escape sequence", "print|" + alerts + "|-o|csv|-n|1|--columns|evt.arg[\x1b[2J]", exitOK, `evt.arg[\x1b[2J]`, ""},
		{"a file of something else", "print|main.go", exitFailed, "", "main.go"},
		{"an address in the clear", "print|http://jo:hunter2@h:9200/falco-*", exitFailed, "", "in the clear; where that is meant, write es://…@h:9200/falco-*?tls=off"},
		{"a scheme that nobody has", "print|gopher://x", exitFailed, "", "no source is called gopher://"},
		{"a filter that does not parse", "print|" + alerts + "|-f|proc.name =", exitUsage, "", "column 12"},
		{"a field that is none", "print|" + alerts + "|-f|proc.nam = x", exitUsage, "", "did you mean 'proc.name'"},
		{"an alert's field", "print|" + alerts + "|-f|alert.rule contains shell", exitOK, "", ""},
		{"parse", "filter|parse|a  and b", exitOK, "(a and b)", ""},
		{"parse error", "filter|parse|(a", exitUsage, "", "^"},
		{"check", "filter|check|proc.name = x", exitOK, "ok", ""},
		{"check of what is ours", "filter|check|--falco|alert.rule = x", exitUsage, "", "alert.rule"},
		{"explain", "filter|explain|container.id != host and proc.args contains x", exitOK, "the kernel is told: container.id not in (host)", ""},
		{"explain a name and a user", "filter|explain|proc.name in (sh, bash) and user.uid != 0", exitOK, "the kernel is told: proc.name in (bash, sh), user.uid not in (0)", ""},
		{"explain a name that others share", "filter|explain|proc.name = sh or proc.pname = sh", exitOK, "the kernel is told: everything", ""},
		{"a recording to standard output", "record|" + alerts + "|--to|-", exitUsage, "", "name of a file"},
		{"documents and compression", "record|" + alerts + "|--to|x.ndjson|--rotate|1MB|--zstd", exitUsage, "", "not for NDJSON"},
		{"rotation to a pipe", "record|" + alerts + "|--to|-|-o|ndjson|--rotate|1MB", exitUsage, "", "not for standard output"},
		{"rotation at nothing", "record|" + alerts + "|--to|x.ndjson|--rotate|1MB,soon", exitUsage, "", "neither a size"},
		{"files without rotation", "record|" + alerts + "|--to|x.ndjson|--keep-files|3", exitUsage, "", "give --rotate"},
		{"a SIEM and a file's flag", "record|" + alerts + "|--to|es://h/x|--force", exitUsage, "", "not for a SIEM"},
		{"a file and a SIEM's flag", "record|" + alerts + "|--to|x.stoop|--spool|d", exitUsage, "", "are for a SIEM"},
		{"a small spool", "record|" + alerts + "|--to|es://h/x|--spool-max|1MB", exitUsage, "", "at least 16 MiB"},
		{"a pattern to write to", "record|" + alerts + "|--to|es://h/falco-*", exitFailed, "", "is a pattern"},
		{"a password to write with", "record|" + alerts + "|--to|es://u:hunter2@h/x", exitFailed, "", "carries no name or password"},
		{"a ring of no size", "print|live|--ring|1", exitUsage, "", "64 KiB"},
		{"more payload than is kept", "print|live|--payload|5000", exitUsage, "", "4096"},
		{"a flag of live on a file", "print|" + alerts + "|--fly|all", exitUsage, "", "--fly is for live"},
		{"two of them on the screen", "view|" + alerts + "|--before|10s|--payload|256", exitUsage, "", "--before, --payload are for live"},
		{"and on the demo", "record|demo|--to|nowhere/x.stoop|--compat", exitUsage, "", "--compat is for live"},
		{"compression without rotation", "record|" + alerts + "|--to|nowhere/x.stoop|--zstd", exitUsage, "", "give --rotate"},
		{"a span that is none", "print|" + alerts + "|--timeout|5", exitUsage, "", "\"5\" is not a span of time; write 500ms"},
		{"a negative span", "print|live|--before=-5s", exitUsage, "", "cannot be negative"},
		{"a long filter", "filter|parse|" + strings.Repeat("a and ", 1000) + ")", exitUsage, "", "…a and a"},
		{"a screen where there is none", "view|" + alerts, exitUsage, "", "needs a terminal"},
		{"no such field", "fields|zzzzz", exitFailed, "", "zzzzz"},
		{"fields", "fields|proc.name", exitOK, "proc.name", ""},
		{"event types", "fields|--events|openat2", exitOK, "openat2", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, out, errs := stoop(t, strings.Split(tt.args, "|")...)
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			if !strings.Contains(out, tt.out) {
				t.Errorf("no %q in the output:\n%s", tt.out, out)
			}
			if !strings.Contains(errs, tt.errs) || tt.errs == "" && code != exitOK {
				t.Errorf("no %q in the messages:\n%s", tt.errs, errs)
			}
		})
	}
}

// Who asks for alerts where nothing makes any is told what makes them.
func TestPrintSaysWhatMakesAlerts(t *testing.T) {
	const hint = "-r stoop makes alerts"
	code, out, errs := stoop(t, "print", "demo", "-f", "alert.rule exists")
	if code != 0 || out != "" || !strings.Contains(errs, hint) {
		t.Errorf("exit %d, %q, %q", code, out, errs)
	}
	code, out, errs = stoop(t, "print", "demo", "-f", "alert.rule exists", "-r", "stoop")
	if code != 0 || !strings.Contains(out, "Command shell through netcat") || strings.Contains(errs, hint) {
		t.Errorf("with rules: exit %d, %q, %q", code, out, errs)
	}
	if _, _, errs = stoop(t, "print", "demo", "-f", "proc.name = nobody"); strings.Contains(errs, hint) {
		t.Errorf("a filter that asks for no alerts: %q", errs)
	}
}

func TestPrintTable(t *testing.T) {
	code, out, errs := stoop(t, "print", alerts, "--columns", "proc.name,container.name,fd.name")
	want := "PROC.NAME  CONTAINER.NAME  FD.NAME\n" +
		"sh         web             <NA>\n" +
		"mysql      web             <NA>\n" +
		`cat        cart            /tmp/\x1b]0;owned\x07\u202efdp.exe` + "\n"
	if code != exitOK || out != want {
		t.Errorf("exit %d, prints\n%s\nwant\n%s", code, out, want)
	}
	if !strings.Contains(errs, "1 broken") || !strings.Contains(errs, "3") {
		t.Errorf("the broken line 3 is not told of:\n%s", errs)
	}
}

func TestPrintJSON(t *testing.T) {
	code, out, _ := stoop(t, "print", alerts, "-o", "json", "-f", "evt.type = openat")
	var got map[string]any
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != exitOK {
		t.Fatalf("exit %d, %v:\n%s", code, err, out)
	}
	for name, want := range map[string]any{
		"fd.name": "/tmp/\x1b]0;owned\a\u202efdp.exe", "alert.rule": "Strange name", "alert.priority": "Critical",
		"user.uid": 65534.0, "container.name": "cart", "evt.rawtime": 1795428002000000000.0,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	if line := strings.TrimSuffix(out, "\n"); !safetext.Safe(line) {
		t.Errorf("unsafe bytes reach the terminal: %q", line)
	}
}

func TestPrintCSV(t *testing.T) {
	_, out, _ := stoop(t, "print", alerts, "-o", "csv", "--columns", "proc.name,proc.cmdline", "-n", "1")
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(rows) != 2 || rows[0][1] != "proc.cmdline" || rows[1][1] != "sh -c id" {
		t.Errorf("CSV is %v, %v", rows, err)
	}
	_, out, _ = stoop(t, "print", alerts, "-o", "csv", "--columns", "proc.name", "-f", "proc.name = nobody")
	if out != "proc.name\n" {
		t.Errorf("CSV without rows is %q, want its header", out)
	}
}

func TestSecretsAreMasked(t *testing.T) {
	for _, format := range []string{"json", "csv", "table"} {
		args := []string{"print", alerts, "-o", format, "--columns", "proc.cmdline"}
		if _, out, _ := stoop(t, args...); strings.Contains(out, "secretword") || !strings.Contains(out, "shop") {
			t.Errorf("%s shows a password, or too little:\n%s", format, out)
		}
		if _, out, _ := stoop(t, append(args, "--show-secrets")...); !strings.Contains(out, "secretword") {
			t.Errorf("%s --show-secrets does not:\n%s", format, out)
		}
	}
	if _, out, _ := stoop(t, "print", alerts, "-o", "json"); strings.Contains(out, "secretword") {
		t.Errorf("the whole JSON shows a password:\n%s", out)
	}
}

func TestTimesAndLimit(t *testing.T) {
	tests := []struct {
		args string
		want string
	}{
		{"", "sh mysql cat"},
		{"--limit=2", "sh mysql"},
		{"--since=2026-11-23T10:00:01Z", "mysql cat"},
		{"--until=2026-11-23T10:00:01Z", "sh mysql"},
		{"--since=2026-11-23T10:00:00.5Z --until=2026-11-23T10:00:01.5Z", "mysql"},
	}
	for _, tt := range tests {
		args := append([]string{"print", alerts, "-o", "csv", "--columns", "proc.name"}, strings.Fields(tt.args)...)
		_, out, _ := stoop(t, args...)
		if got := strings.Join(strings.Fields(out)[1:], " "); got != tt.want {
			t.Errorf("%s prints %s, want %s", tt.args, got, tt.want)
		}
	}
}

func TestRecordThenPrintIsTheSame(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.stoop")
	code, _, errs := stoop(t, "record", alerts, "--to", file, "-f", "container.name = web")
	if code != exitOK || !strings.Contains(errs, "2 events in") {
		t.Fatalf("record: exit %d, says %q", code, errs)
	}
	_, want, _ := stoop(t, "print", alerts, "-o", "json", "-f", "container.name = web")
	if n := strings.Count(want, "\n"); n != 2 {
		t.Fatalf("%d events, want 2", n)
	}
	_, got, _ := stoop(t, "print", file, "-o", "json")
	if got != want {
		t.Errorf("the recording prints\n%s\nwant\n%s", got, want)
	}
	if code, _, errs := stoop(t, "record", alerts, "--to", file); code != exitFailed || !strings.Contains(errs, file) {
		t.Errorf("recording over a file: exit %d, says %q", code, errs)
	}
}

func TestTwoSourcesMergeByTime(t *testing.T) {
	folder := t.TempDir()
	web, cart := filepath.Join(folder, "web.stoop"), filepath.Join(folder, "cart.stoop")
	stoop(t, "record", alerts, "--to", web, "-f", "proc.name = mysql")
	stoop(t, "record", alerts, "--to", cart, "-f", "proc.name != mysql")
	_, out, _ := stoop(t, "print", web, cart, "-o", "csv", "--columns", "proc.name")
	if got := strings.Join(strings.Fields(out)[1:], " "); got != "sh mysql cat" {
		t.Errorf("merged: %s", got)
	}
}

func TestNoSource(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Log("root: without a source stoop opens live; test/live checks that")
		return
	}
	code, out, _ := stoop(t)
	if code != exitOK || !strings.Contains(out, "stoop demo") {
		t.Errorf("exit %d: the guide is\n%s", code, out)
	}
	if code, _, errs := stoop(t, "print"); code != exitUsage || !strings.Contains(errs, "name a source") {
		t.Errorf("print without a source: exit %d, %q", code, errs)
	}
}

// onFullDisk runs a command line whose output goes where there is no room.
func onFullDisk(t *testing.T, args ...string) (code int, errs string) {
	t.Helper()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		testdata.Skipf(t, "there is no device that is always full: %v", err)
	}
	defer full.Close()
	var stderr bytes.Buffer
	code = run(t.Context(), args, full, &stderr)
	return code, stderr.String()
}

// No verb takes what was not written for done.
func TestFullDisk(t *testing.T) {
	for _, args := range []string{
		"print|" + alerts, "print|" + alerts + "|-o|json", "print|" + alerts + "|-o|csv", "print|" + alerts + "|--dashboard|event-summary", "print|" + alerts + "|--around|1",
		"queue|demo|--desk|none", "queue|order", "filter|check|proc.name = x", "filter|explain|proc.name = x",
		"rules|list|stoop", "rules|test|demo|-r|stoop", "watch|demo|-r|stoop", "profiles|list", "profiles|test|" + alerts, "pivots|list", "pivots|schema", "fields", "doctor",
		"version", "completion|bash", "--help",
	} {
		if code, errs := onFullDisk(t, strings.Split(args, "|")...); code == exitOK || !strings.Contains(errs, "no space left") {
			t.Errorf("%s: exit %d: %s", args, code, errs)
		}
	}
}

// Somebody who has read enough is no failure.
func TestReaderGoesAway(t *testing.T) {
	for _, args := range [][]string{{"print", alerts}, {"fields"}, {"demo", "--help"}} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		var errs bytes.Buffer
		if code := run(t.Context(), args, w, &errs); code != exitOK || strings.Contains(errs.String(), "pipe") {
			t.Errorf("%v: exit code %d, says %s", args, code, errs.String())
		}
		w.Close()
	}
}
