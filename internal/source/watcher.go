package source

import (
	"strings"

	"github.com/stoop-project/stoop/internal/filter"
)

// Watcher is implemented by sources that watch no more than they are asked for,
// and can watch something else while they run: a node's kernel.
type Watcher interface {
	// Watch has Run go on with another request's Filter, Beside and Names. Before
	// Run it takes their place in the request that comes; after it nothing
	// happens. On an error what could not be changed goes on as it was.
	Watch(req Request) error
}

// AsksNames reports whether a condition speaks of names of addresses, which are
// only known where the answers of name servers are seen.
func AsksNames(e filter.Expr) (yes bool) {
	if e == nil {
		return false
	}
	filter.Fields(e, func(f *filter.Field) {
		yes = yes || strings.HasPrefix(f.Name, "fd.") && strings.HasSuffix(f.Name, "ip.name")
	})
	return yes
}
