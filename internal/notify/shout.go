package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"strings"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"
)

// shouter sends notifications by shoutrrr.
type shouter struct {
	service types.Service
	scheme  string
	hide    secrets
	busy    chan struct{} // tries that have not come back
}

// maxBusy bounds the tries that hang: not all of shoutrrr's services give up by
// themselves.
const maxBusy = 4

func openShout(address string) (output, error) {
	scheme, _, _ := strings.Cut(address, ":")
	var r router.ServiceRouter
	service, err := r.Locate(address)
	if err != nil {
		if errors.Is(err, router.ErrUnknownService) {
			return nil, fmt.Errorf("there are no targets of the kind %q; there are file, http, https, syslog, syslog+udp, syslog+tcp, %s", scheme, strings.Join(Services(), ", "))
		}
		return nil, fmt.Errorf("the URL of %s is not as https://shoutrrr.nickfedor.com says: %w", scheme, err)
	}
	scheme, _, _ = strings.Cut(scheme, "+")
	return &shouter{service: service, scheme: scheme, hide: secretsOf(address), busy: make(chan struct{}, maxBusy)}, nil
}

// text is for outputs that take alerts; a notification takes letters.
func (s *shouter) text(*Alert) []byte { return nil }

var errHangs = errors.New("it does not answer")

func (s *shouter) send(ctx context.Context, text []byte) error {
	var l letter
	if err := json.Unmarshal(text, &l); err != nil {
		return &answerError{status: 400, text: "what the spool holds is no message"}
	}
	select {
	case s.busy <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	done := make(chan error, 1)
	go func() {
		defer func() { <-s.busy }()
		done <- s.shout(l)
	}()
	ctx, cancel := context.WithTimeout(ctx, 2*sendTimeout)
	defer cancel()
	select {
	case err := <-done:
		return s.hide.hide(err)
	case <-ctx.Done():
		return errHangs
	}
}

// shout sends a message. Where the service has no title, it is the first line.
func (s *shouter) shout(l letter) error {
	params := types.Params{}
	title := func() { params["title"] = l.Title }
	switch s.scheme {
	case "smtp":
		params["subject"] = mime.QEncoding.Encode("utf-8", l.Title) // ends lines only within the coding
	case "pagerduty":
		params["severity"] = pagerSeverity(l.Severity)
		l.Body = l.Title + "\n" + l.Body
	case "googlechat", "hangouts", "mattermost", "rocketchat", "wecom", "signal", "notifiarr":
		l.Body = l.Title + "\n" + l.Body
	case "slack":
		// Lines of a body become attachments, a box each, of which Slack folds away
		// all but the first and refuses more than 100.
		params["title"] = l.Title + "\n" + l.Body
		l.Body = ""
	default:
		title()
	}
	err := s.service.Send(l.Body, &params)
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", s.scheme, err)
}

// pagerSeverity is the word of PagerDuty's Events API for a priority.
func pagerSeverity(priority int) string {
	switch {
	case priority == 0 || priority >= 6:
		return "info"
	case priority == 5:
		return "warning"
	case priority == 4:
		return "error"
	}
	return "critical"
}

func (s *shouter) reopen() error { return nil }
func (s *shouter) close() error  { return nil }
