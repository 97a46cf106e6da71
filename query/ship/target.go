package ship

import (
	"errors"
	"fmt"
	"strings"

	"github.com/stoop-project/stoop/internal/config"
	"github.com/stoop-project/stoop/query/conn"
)

// DefaultStream is the data stream that is written to where none is named.
const DefaultStream = "stoop-trail"

// IsTarget reports whether an argument names a server and not a file.
func IsTarget(arg string) bool { return strings.Contains(arg, "://") }

// Target finds the server and the data stream that an argument names:
// es://host/stream, os://host/stream, https://host/stream, siem://NAME/stream.
// Indices that a configuration names are those to read, and play no part.
func Target(cfg *config.Config, arg string) (at *config.SIEM, stream string, err error) {
	rest, named := strings.CutPrefix(arg, "siem://")
	if named {
		var name string
		name, stream, _ = strings.Cut(rest, "/")
		if at, err = cfg.SIEM(name); err != nil {
			return nil, "", err
		}
		if strings.HasPrefix(at.URL, "logzio:") {
			return nil, "", errLogzio
		}
	} else {
		address, err := conn.ParseAddress(arg)
		if err != nil {
			return nil, "", err
		}
		if address.Product == conn.Logzio {
			return nil, "", errLogzio
		}
		at, stream = conn.Environment(arg), address.Index
	}
	if stream == "" {
		stream = DefaultStream
	}
	return at, stream, checkStream(stream)
}

var errLogzio = errors.New("documents do not reach Logz.io by this way: write a file (--to FILE.ndjson) and have Filebeat ship it (docs/ship.md)")

// checkStream refuses what cannot be the name of one data stream.
func checkStream(name string) error {
	switch {
	case strings.ContainsAny(name, "*?,:/\\ \"<>|#"):
		return fmt.Errorf("%s is a pattern or several indices: events are written to one data stream, such as %s", name, DefaultStream)
	case name != strings.ToLower(name):
		return fmt.Errorf("%s: names of data streams are in lower case", name)
	case strings.HasPrefix(name, "-") || strings.HasPrefix(name, "_") || strings.HasPrefix(name, "+") || strings.HasPrefix(name, "."):
		return fmt.Errorf("%s cannot be the name of a data stream", name)
	case len(name) > 200:
		return fmt.Errorf("the name of a data stream has at most 200 bytes; this one has %d", len(name))
	}
	return nil
}
