package conn

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/safetext"
)

// Kind is what sort of thing went wrong.
type Kind uint8

// The kinds.
const (
	Bad          Kind = iota // the request: the server does not understand it
	Unauthorized             // the credentials do not hold
	Forbidden                // they do not suffice
	NoIndex                  // there is no such index
	Expired                  // a point in time or a scroll has run out
	Busy                     // the server asks to come again later
	Unavailable              // shards or the server cannot answer now
	TLS                      // certificates, or no TLS where it is expected and the reverse
	DNS                      // the name is not known
	Away                     // nobody answers
	WrongProduct             // something else answers
	Broken                   // the answer is cut off or not what it should be
	TooLarge                 // the answer is too long
	Conflict                 // what is to be created is there
)

// Error is one thing that went wrong, as a sentence.
type Error struct {
	Kind   Kind
	Where  string // the server
	Text   string // what happened
	Remedy string // what to do; may be empty

	Status int           // of HTTP; 0 when there was no answer
	Type   string        // the server's name for it: index_not_found_exception
	Reason string        // the server's words
	After  time.Duration // when the server wants to be asked again
	Err    error         // below it
}

// Error returns the sentence.
func (e *Error) Error() string {
	s := e.Text
	if e.Where != "" {
		s = e.Where + ": " + s
	}
	if e.Remedy != "" {
		s += " — " + e.Remedy
	}
	return s
}

// Unwrap returns the error below.
func (e *Error) Unwrap() error { return e.Err }

// Temporary reports whether the same request may succeed later.
func (e *Error) Temporary() bool {
	switch e.Kind {
	case Busy, Unavailable, Away, Broken, DNS:
		return true
	}
	return false
}

// KindOf returns the kind of an error of this package; ok is false for others.
func KindOf(err error) (k Kind, ok bool) {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind, true
	}
	return 0, false
}

// serverError is how servers say what is wrong.
type serverError struct {
	Error json.RawMessage `json:"error"`
}

type cause struct {
	Type      string  `json:"type"`
	Reason    string  `json:"reason"`
	Index     string  `json:"index"`
	CausedBy  *cause  `json:"caused_by"`
	RootCause []cause `json:"root_cause"`
	Failed    []struct {
		Reason cause `json:"reason"`
	} `json:"failed_shards"`
}

// deepest returns the cause that says most: that of a shard, or the root.
func (c cause) deepest() cause {
	if len(c.Failed) > 0 && c.Failed[0].Reason.Type != "" {
		c = c.Failed[0].Reason
	} else if len(c.RootCause) > 0 && c.RootCause[0].Type != "" {
		root := c.RootCause[0]
		if root.CausedBy == nil {
			root.CausedBy = c.CausedBy
		}
		c = root
	}
	for depth := 0; c.CausedBy != nil && c.CausedBy.Reason != "" && depth < 10; depth++ {
		c = *c.CausedBy
	}
	return c
}

// maxReason bounds how much of a server's words goes into a sentence.
const maxReason = 300

// refusal makes a sentence of an answer that is no success.
func (c *Conn) refusal(req Request, a answer) error {
	e := &Error{Status: a.status, After: retryAfter(a.header)}
	top, low := causes(a.body)
	e.Type, e.Reason = low.Type, c.say(low.Reason)
	index := low.Index
	if index == "" {
		index = c.Address.Index
	}
	switch {
	case a.status == http.StatusUnauthorized:
		c.unauthorized(e)
	case a.status == http.StatusForbidden:
		forbidden(e, c.credential().kind(), req)
	case top.Type == "index_not_found_exception" || low.Type == "index_not_found_exception":
		e.Kind, e.Text = NoIndex, fmt.Sprintf("there is no index %s", index)
		e.Remedy = "a pattern such as falco-* names several"
	case low.Type == "search_context_missing_exception" || top.Type == "search_context_missing_exception" || low.Type == "point_in_time_not_found_exception":
		e.Kind, e.Text = Expired, "the server has let the search's point in time go"
	case strings.Contains(top.Type+low.Type, "no_shard_available") || a.status == http.StatusServiceUnavailable && strings.Contains(top.Reason, "all shards failed"):
		e.Kind, e.Text = Unavailable, fmt.Sprintf("no shard of %s is available: the index is red", index)
		e.Remedy = "_cluster/health says which nodes are missing"
	case a.status == http.StatusTooManyRequests:
		e.Kind, e.Text = Busy, "the server has too much to do"+colon(e.Reason)
	case isBusy(a.status):
		e.Kind, e.Text = Unavailable, fmt.Sprintf("the server cannot answer now (status %d)", a.status)+colon(e.Reason)
	case a.status == http.StatusConflict:
		e.Kind, e.Text = Conflict, "it is there already"+colon(e.Reason)
	case low.Reason != "":
		e.Kind, e.Text = Bad, fmt.Sprintf("the server refuses the request (%d %s): %s", a.status, low.Type, e.Reason)
	case a.status >= 500:
		e.Kind, e.Text = Unavailable, "the server failed: it answered with "+c.say(describe(a.status, a.header, a.body))
	default:
		e.Kind, e.Text = Broken, "something else than a search server answered, with "+c.say(describe(a.status, a.header, a.body))
		e.Remedy = "is a proxy or a login in between?"
	}
	return e
}

// say bounds and cleans a server's words.
func (c *Conn) say(reason string) string {
	reason = safetext.Redact(c.credential().hide(reason))
	if len(reason) > maxReason {
		reason = strings.ToValidUTF8(reason[:maxReason], "") + "…"
	}
	return reason
}

func colon(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

// causes reads an error's body: the outer and the deepest cause.
func causes(body []byte) (top, low cause) {
	var s serverError
	if json.Unmarshal(body, &s) != nil {
		return top, low
	}
	if json.Unmarshal(s.Error, &top) != nil {
		var text string
		if json.Unmarshal(s.Error, &text) == nil {
			top.Reason = text
		}
		return top, top
	}
	return top, top.deepest()
}

// unauthorized says whether nothing was shown or what was shown does not hold.
func (c *Conn) unauthorized(e *Error) {
	e.Kind = Unauthorized
	cred := c.credential()
	if cred.empty() {
		e.Text = "the server wants to know who asks (401)"
		e.Remedy = "set STOOP_API_KEY, STOOP_BEARER_TOKEN, or STOOP_USERNAME and STOOP_PASSWORD, or name the server in the configuration (docs/siem.md)"
		return
	}
	e.Text = fmt.Sprintf("the server does not accept %s (401)", cred.kind())
	switch {
	case strings.Contains(e.Reason, "expired"):
		e.Text, e.Remedy = fmt.Sprintf("%s has expired (401)", cred.kind()), "renew it"
	case strings.Contains(e.Reason, "API key"):
		e.Remedy = "was it invalidated, or is it another server's?"
	default:
		e.Remedy = "is it the right one, and this server's?"
	}
	if cred.origin != "" {
		e.Remedy = strings.TrimSpace("it comes from " + cred.origin + ": " + e.Remedy)
	}
}

var (
	elasticAction = regexp.MustCompile(`action \[([^\]]+)\] is unauthorized for (.*?)(?: on indices \[([^\]]*)\])?, this action is granted by the (index|cluster) privileges \[([^\]]*)\]`)
	openAction    = regexp.MustCompile(`no permissions for \[([^\]]+)\]`)
)

// forbidden says which privilege is missing.
func forbidden(e *Error, kind string, req Request) {
	e.Kind = Forbidden
	if m := elasticAction.FindStringSubmatch(e.Reason); m != nil {
		action, indices, sort, privileges := m[1], m[3], m[4], strings.Split(m[5], ",")
		on := ""
		if indices != "" {
			on = " on " + indices
		}
		least := privileges[0]
		if slices.Contains(privileges, "read") {
			least = "read" // lets in what reading needs next, too
		}
		e.Text = fmt.Sprintf("%s may not do %s%s: the %s privilege %s is missing (403)", kind, action, on, sort, least)
		e.Remedy = "ask for a role or an API key with it"
		if len(privileges) > 1 {
			e.Remedy = fmt.Sprintf("ask for a role or an API key with one of %s", strings.Join(privileges, ", "))
		}
		return
	}
	if m := openAction.FindStringSubmatch(e.Reason); m != nil {
		e.Text = fmt.Sprintf("%s may not do it: the permission %s is missing (403)", kind, m[1])
		e.Remedy = "ask for a role with it"
		return
	}
	e.Text = fmt.Sprintf("%s may not ask for %s (403)%s", kind, req.Path, colon(e.Reason))
}

// broken is an answer that cannot be read though its status is fine.
func broken(a answer, err error) *Error {
	kind := a.header.Get("Content-Type")
	if !strings.Contains(kind, "json") {
		return &Error{
			Kind: Broken, Status: a.status, Err: err, Text: "something else than a search server answered, with " + describe(a.status, a.header, a.body),
			Remedy: "is a proxy or a login in between?",
		}
	}
	return &Error{Kind: Broken, Status: a.status, Err: err, Text: fmt.Sprintf("the answer cannot be read: %v", err)}
}
