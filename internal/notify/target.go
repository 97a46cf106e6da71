package notify

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"

	"github.com/stoop-project/stoop/internal/config"
	"github.com/stoop-project/stoop/internal/event"
)

// output is where texts go: one kind of target.
type output interface {
	// text makes what is sent of an alert.
	text(a *Alert) []byte
	// send delivers one text. Its errors hold no secret.
	send(ctx context.Context, text []byte) error
	// reopen lets files go that somebody has moved away.
	reopen() error
	close() error
}

// Target is somewhere to tell alerts.
type Target struct {
	Name string // without secrets, for sentences

	out      output
	spooled  bool     // it may be away, so that what is sent waits on disk
	dialect  *dialect // of a notification; nil: an output
	template string   // file of the target's own
	grouping Grouping
	min      event.Priority
	folder   string // of its spool
}

// EnvWord and FileWord begin a target whose URL is in a variable of the
// environment or in a file: env:SLACK_URL, secret:/run/secrets/slack.
const (
	EnvWord  = "env:"
	FileWord = "secret:"
)

// openers are the schemes of outputs.
var openers = map[string]func(at *url.URL, c *config.Target) (output, error){
	"":            openFile,
	"file":        openFile,
	"http":        openHTTP,
	"https":       openHTTP,
	"syslog":      openSyslog,
	"syslog+udp":  openSyslog,
	"syslog+tcp":  openSyslog,
	"syslog+unix": openSyslog,
}

// OpenTarget opens what --to names: a target of the configuration by its name, a URL,
// or where a URL is. warning says what is unwise about it, "" nothing.
func OpenTarget(ctx context.Context, to string, cfg *config.Config, how Grouping) (t *Target, warning string, err error) {
	c := cfg.Targets[to]
	switch {
	case c != nil:
	case strings.HasPrefix(to, EnvWord):
		c = &config.Target{URLEnv: to[len(EnvWord):]}
	case strings.HasPrefix(to, FileWord):
		c = &config.Target{URLFile: to[len(FileWord):]}
	case !strings.ContainsAny(to, ":/."):
		return nil, "", fmt.Errorf("no target is called %q: name one under targets: in %s, or give a URL (docs/watch.md)", to, cmp.Or(cfg.Path, config.Path()))
	default:
		c = &config.Target{URL: to}
	}
	address, err := c.Address(ctx)
	if err != nil {
		return nil, "", fmt.Errorf("target %s: %w", nameOf(to, c), err)
	}
	t, err = openTarget(address, c, how)
	if err != nil {
		return nil, "", fmt.Errorf("target %s: %w", cmp.Or(c.Name, mask(to)), secretsOf(address).hide(err))
	}
	if c.URL != "" && (t.dialect != nil || secretsOf(address).user) {
		warning = fmt.Sprintf("the URL of %s is a secret that others on this machine can read there: name it by env:VARIABLE, secret:FILE or a target's url_file", t.Name)
	}
	if c.Name != "" {
		t.Name = c.Name
	}
	return t, warning, nil
}

// nameOf is how a target is called whose URL is not known.
func nameOf(to string, c *config.Target) string {
	if c.URL != "" {
		return mask(to)
	}
	return to
}

func openTarget(address string, c *config.Target, how Grouping) (*Target, error) {
	t := &Target{Name: mask(address), template: c.Template, grouping: how}
	if c.MinPriority != "" {
		if t.min = event.PriorityOf(c.MinPriority); t.min == event.PriorityUnknown {
			return nil, fmt.Errorf("min_priority: %q is no priority of Falco's", c.MinPriority)
		}
	}
	if c.Wait != nil {
		t.grouping.Wait = *c.Wait
	}
	if c.Group != nil {
		t.grouping.Span = *c.Group
	}
	if c.Rate != 0 {
		t.grouping.Rate = c.Rate
	}
	sum := sha256.Sum256([]byte(address))
	at, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("it is no URL")
	}
	t.folder = cmp.Or(at.Scheme, "file") + "-" + hex.EncodeToString(sum[:6])
	if open := openers[at.Scheme]; open != nil {
		t.spooled = !slices.Contains([]string{"", "file"}, at.Scheme)
		t.out, err = open(at, c)
		return t, err
	}
	service, _, _ := strings.Cut(at.Scheme, "+")
	if t.dialect = dialects[service]; t.dialect == nil {
		t.dialect = plain
	}
	t.spooled = true
	t.out, err = openShout(address)
	return t, err
}

// Services lists the schemes of notifications.
func Services() []string {
	r := router.ServiceRouter{}
	names := r.ListServices()
	slices.Sort(names)
	return slices.DeleteFunc(names, func(s string) bool { return s == "logger" })
}
