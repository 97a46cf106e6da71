package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/test/siem"
)

// A server that is killed and started again while stoop prints what it holds
// and what arrives costs nothing but time: each alert comes once, and nobody
// has to start stoop again.
func TestPrintThroughAKilledServer(t *testing.T) {
	s := siem.Own(t, siem.ES8)
	s.Env(t)
	const before, after = 12_000, 3
	start := time.Now().Add(-time.Hour)
	made := func(n int) []byte {
		at := start.Add(time.Duration(n) * 150 * time.Millisecond)
		if n >= before {
			at = time.Now()
		}
		return fmt.Appendf(nil, `{"output":"number %d","priority":"Notice","rule":"Terminal shell in container","time":%q,"output_fields":{"proc.name":"bash"}}`,
			n, at.UTC().Format(time.RFC3339Nano))
	}
	var docs [][]byte
	for n := range before {
		docs = append(docs, made(n))
	}
	index := s.Index(t, "", docs...)

	from, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	var errs bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		defer to.Close()
		ended <- run(t.Context(), []string{
			"print", s.Address(index), "-f", shell, "-o", "json", "--follow", "-n", fmt.Sprint(before + after), "--stats",
		}, to, &errs)
	}()

	seen := make(map[string]int)
	lines := bufio.NewScanner(from)
	for n := 1; lines.Scan(); n++ {
		var e printed
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		seen[e["alert.output"].(string)]++
		switch n {
		case 500: // the pipe holds a page back: the server has thousands yet to send
			s.Kill(t)
			go s.Start(t)
		case before:
			for i := range after {
				s.Add(t, index, made(before+i))
			}
		}
	}
	if code := <-ended; code != exitOK || !strings.Contains(errs.String(), "the server answers again") {
		t.Errorf("exit %d: %s", code, &errs)
	}
	for n := range before + after {
		if got := seen[fmt.Sprint("number ", n)]; got != 1 {
			t.Fatalf("alert %d was printed %d times; %d in all", n, got, len(seen))
		}
	}
}
