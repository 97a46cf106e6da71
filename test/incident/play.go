//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"
)

// entry is one line of the timeline: what was done when, and what of it the
// kernel must have seen.
type entry struct {
	Time   time.Time `json:"time"`
	Act    string    `json:"act"`
	Sent   string    `json:"sent"`
	Expect []string  `json:"expect,omitempty"` // "openat /etc/shadow"
	Heard  string    `json:"heard,omitempty"`  // what came back

	deeds []deed
}

// play lets the intruder break in and work through the story. Pauses are
// multiplied by pace. Each entry goes to tell when it is complete; an error
// means that the story did not happen as written.
func play(ctx context.Context, s *stage, pace float64, tell func(entry)) error {
	began := time.Now()
	s.breakIn(ctx)
	sh, err := acceptShell(ctx, s.shells)
	if err != nil {
		return err
	}
	defer sh.close()
	tell(s.entry(began, "entry", "GET /track?order="+fill(reverseShell, s.names), entryDeeds, ""))

	prompt := false
	for i, st := range story {
		if err := sleep(ctx, scaled(st.pause, pace)); err != nil {
			return err
		}
		line, at := fill(st.send, s.names), time.Now()
		if err := sh.say(line); err != nil {
			return fmt.Errorf("step %d, %s: %w", i+1, line, err)
		}
		prompt = prompt || st.act == terminalAct
		leaving := st.act == "leaving"
		heard, err := sh.answer(ctx, prompt && !leaving)
		if err != nil && !(leaving && errors.Is(err, io.EOF)) {
			return fmt.Errorf("step %d, %s: %w", i+1, line, err)
		}
		tell(s.entry(at, st.act, line, st.deeds, heard))
	}
	return nil
}

// breakIn asks the service for more than an order's number. The answer comes
// only when the shell ends, so nobody waits for it.
func (s *stage) breakIn(ctx context.Context) {
	target := s.webURL + "/track?order=" + url.QueryEscape(fill(reverseShell, s.names))
	go func() { _ = get(ctx, target) }()
}

func (s *stage) entry(at time.Time, act, sent string, deeds []deed, heard string) entry {
	e := entry{Time: at.UTC(), Act: act, Sent: sent, Heard: heard}
	for _, d := range deeds {
		d.what = fill(d.what, s.names)
		e.deeds = append(e.deeds, d)
		e.Expect = append(e.Expect, strings.TrimSpace(d.call+" "+d.what))
	}
	return e
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
