//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// exportFilter is one that the index decides by itself, and that a fifth of the
// alerts match.
const exportFilter = `alert.priority = Critical`

// export measures how fast all alerts of a filter are read.
func (s *siemSuite) export(ctx context.Context) ([]figure, error) {
	var printed, recorded, bare, memory sample
	address := s.server.Address(siemIndex)
	rounds := 0
	conditions := []condition{
		{"print", func(int) error {
			rate, rss, err := s.exported(exec.CommandContext(ctx, s.stoop, "print", address, "-f", exportFilter, "-o", "json", "--stats"))
			printed, memory = append(printed, rate), append(memory, rss)
			return err
		}},
		{"record", func(int) error {
			rounds++
			file := filepath.Join(s.dir, fmt.Sprintf("export-%d.stoop", rounds))
			rate, rss, err := s.exported(exec.CommandContext(ctx, s.stoop, "record", address, "-f", exportFilter, "--to", file))
			recorded, memory = append(recorded, rate), append(memory, rss)
			return err
		}},
		{"the bare loop", func(int) error {
			began := time.Now()
			n, err := s.loop(`{"term":{"priority":"Critical"}}`)
			bare = append(bare, float64(n)/time.Since(began).Seconds())
			return err
		}},
	}
	err := interleave(ctx, min(s.rounds, siemRounds), conditions)
	return []figure{
		{what: "export, a bare loop", got: bare, show: perSecond},
		{what: "export, stoop print", got: printed, show: perSecond},
		{what: "export, stoop record", got: recorded, show: perSecond},
		{what: "export, stoop print to the bare loop", got: ratios(printed, bare), show: asRatio, asked: atLeast(0.9)},
		{what: "export, stoop record to the bare loop", got: ratios(recorded, bare), show: asRatio, asked: atLeast(0.9)},
		{what: "export, greatest resident memory of stoop", got: memory, show: asMB, asked: atMost(150e6)},
	}, err
}

var perSecond = func(v float64) string { return grouped(v) + " alerts/s" }

var takenText = regexp.MustCompile(`(\d+) events`)

// exported runs stoop to its end, and returns how many alerts it read a second
// and its greatest resident memory.
func (s *siemSuite) exported(cmd *exec.Cmd) (rate, rss float64, err error) {
	var errs bytes.Buffer
	cmd.Stderr = &errs
	took, err := timed(cmd)
	if err != nil {
		return 0, 0, fmt.Errorf("%w: %s", err, errs.Bytes())
	}
	m := takenText.FindSubmatch(bytes.ReplaceAll(errs.Bytes(), []byte(","), nil))
	if m == nil {
		return 0, 0, fmt.Errorf("stoop does not say how many it read: %s", errs.Bytes())
	}
	n, err := strconv.Atoi(string(m[1]))
	if err == nil && n < 1000 {
		err = fmt.Errorf("stoop read %d alerts only", n)
	}
	return float64(n) / took.wall.Seconds(), float64(maxRSS(cmd.ProcessState)), err
}

// loop reads everything that a query finds and looks at nothing of it.
func (s *siemSuite) loop(query string) (n int, err error) {
	const size = 5000
	answer, err := s.server.Ask(http.MethodPost, "/"+siemIndex+"/_pit?keep_alive=2m", nil)
	if err != nil {
		return 0, err
	}
	var pit struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(answer, &pit); err != nil {
		return 0, err
	}
	after := ""
	for {
		body := fmt.Sprintf(`{"size":%d,"track_total_hits":false,"query":%s,"sort":[{"time":"asc"},{"_shard_doc":"asc"}],"pit":{"id":%q,"keep_alive":"2m"}%s}`, size, query, pit.ID, after)
		answer, err := s.server.Ask(http.MethodPost, "/_search", []byte(body))
		if err != nil {
			return n, err
		}
		hits := bytes.Count(answer, []byte(`"sort":[`))
		n += hits
		if hits < size {
			_, err := s.server.Ask(http.MethodDelete, "/_pit", fmt.Appendf(nil, `{"id":%q}`, pit.ID))
			return n, err
		}
		last := answer[bytes.LastIndex(answer, []byte(`"sort":[`)):]
		after = "," + strings.Replace(string(last[:bytes.IndexByte(last, ']')+1]), "sort", "search_after", 1)
	}
}

// followRounds is how many alerts are waited for.
const followRounds = 15

// follow measures how soon an alert that arrives is printed.
func (s *siemSuite) follow(ctx context.Context) ([]figure, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.stoop, "print", s.server.Address(siemIndex), "-f", `alert.rule startswith "Arrival "`, "-o", "json", "--follow")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		for scan := bufio.NewScanner(out); scan.Scan(); {
			lines <- scan.Text()
		}
	}()
	var waited sample
	for n := range followRounds + 1 {
		rule := fmt.Sprintf("Arrival %d.", n)
		alert := fmt.Sprintf(`{"hostname":"late","output":"o","priority":"Notice","rule":%q,"source":"syscall","time":%q,"output_fields":{"proc.name":"sh"}}`,
			rule, time.Now().UTC().Format(time.RFC3339Nano))
		if _, err := s.server.Ask(http.MethodPost, "/"+siemIndex+"/_doc", []byte(alert)); err != nil {
			return nil, err
		}
		began := time.Now()
		for line := ""; !strings.Contains(line, rule); {
			select {
			case text, ok := <-lines:
				if !ok {
					return nil, errors.Join(errors.New("stoop ended while it followed"), cmd.Wait())
				}
				line = text
			case <-time.After(time.Minute):
				return nil, fmt.Errorf("%s was not printed within a minute", rule)
			}
		}
		if n > 0 { // the first waits for stoop to start
			waited = append(waited, float64(time.Since(began)))
		}
		time.Sleep(time.Duration(n*137%1000) * time.Millisecond) // at any time between two refreshes
	}
	cancel()
	_ = cmd.Wait()
	return []figure{
		{what: "an alert indexed, to its line on the output", got: waited, show: asMS, asked: atMost(1300e6)},
	}, nil
}
