package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// watching runs a watch until its output has something, and returns the output.
func watching(t *testing.T, until string, args ...string) string {
	t.Helper()
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var errs bytes.Buffer
	done := make(chan int, 1)
	go func() { done <- run(ctx, append([]string{"watch"}, args...), out, &errs) }()
	text := ""
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end) && !strings.Contains(text, until); time.Sleep(10 * time.Millisecond) {
		b, err := os.ReadFile(out.Name())
		if err != nil {
			t.Fatal(err)
		}
		text = string(b)
	}
	stop()
	if code := <-done; code != exitOK {
		t.Fatalf("%d: %s", code, errs.String())
	}
	if !strings.Contains(text, until) {
		t.Fatalf("there is no %q in %q\n%s", until, text, errs.String())
	}
	return text
}

// Without rules of its own, watch tells of the alerts that Falco writes, with
// the guide of a rule of that name and what was done.
func TestWatchRelays(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	file := fileOf(t, `{"hostname":"n","output":"o1","output_fields":{"container.id":"6cf4be7b2388","evt.time":1795464121500000000,"evt.type":"execve","proc.cmdline":"sh -c id","proc.name":"sh","proc.pname":"python3"},"priority":"Notice","rule":"One","source":"syscall","tags":["a"],"time":"2026-11-23T20:02:01.500000000Z"}
{"hostname":"n","output":"o2","output_fields":{"container.id":"host","evt.time":1795464122500000000},"priority":"Debug","rule":"Two","source":"syscall","tags":[],"time":"2026-11-23T20:02:02.500000000Z"}
{"hostname":"n","output":"o3","output_fields":{"container.id":"6cf4be7b2388","evt.time":1795464123500000000},"priority":"Error","rule":"Three","source":"syscall","tags":[],"time":"2026-11-23T20:02:03.500000000Z"}
`)
	out := watching(t, `"rule":"Three"`, "-r", "none", "--alerts", file, "--relay", "-o", "json", "-f", "container.id != host")
	for _, want := range []string{`"rule":"One"`, `"reason":"sh (started by python3) ran sh -c id in container 6cf4be7b2388"`, `"proc.pname":"python3"`} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %s in %s", want, out)
		}
	}
	if strings.Contains(out, "Two") {
		t.Errorf("an alert that the filter does not hold for was told of: %s", out)
	}
	if text := watching(t, "o3", "-r", "none", "--alerts", file, "--relay"); text != "o1\no2\no3\n" {
		t.Errorf("the text is %q", text)
	}
}

// Beside rules of its own, alerts of both are told of, each once.
func TestWatchRelaysBesideRules(t *testing.T) {
	file := fileOf(t, `{"output":"of falco","output_fields":{"container.id":"6cf4be7b2388"},"priority":"Notice","rule":"One","source":"syscall","time":"2020-11-23T20:02:01.500000000Z"}
`)
	rules := watchRules(t)
	code, with, errs := stoop(t, "watch", file, "demo", "-r", rules, "--relay")
	_, without, _ := stoop(t, "watch", file, "demo", "-r", rules)
	if code != exitOK || !strings.Contains(without, "Shell of netcat") || strings.Contains(without, "of falco") || strings.Count(with, "of falco\n") != 1 || len(with) != len(without)+len("of falco\n") {
		t.Errorf("%d: with Falco's alerts %d bytes, without them %d: %s", code, len(with), len(without), errs)
	}
}

func TestWatchOfNothing(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"-r|none|demo", "name some by -r"},
		{"-r|none|demo|--alerts|" + alerts, "--relay tells of them"},
	} {
		if code, _, errs := stoop(t, append([]string{"watch"}, strings.Split(c.args, "|")...)...); code != exitUsage || !strings.Contains(errs, c.want) {
			t.Errorf("%s: %d, %s", c.args, code, errs)
		}
	}
}
