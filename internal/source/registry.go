package source

import (
	"context"
	"fmt"
	"sort"
	"strings"
)

// Opener opens the source that an argument names.
type Opener func(ctx context.Context, arg string, opt Options) (Source, error)

// Options are what the command line says of sources.
type Options struct {
	Fly       string // selector of containers whose bulk is recorded
	DeedsRing int    // bytes a container; 0: default
	BulkRing  int    // bytes a container; 0: default
	Payload   int    // bytes of data kept of each read and write; -1: default
	Durations bool
	Compat    bool // watch 32-bit calls
	Resolve   bool // look names of addresses up
}

// Registry opens sources by scheme.
type Registry struct {
	schemes map[string]scheme
	file    scheme
}

type scheme struct {
	open Opener
	help string
}

// NewRegistry returns a registry without any scheme.
func NewRegistry() *Registry { return &Registry{schemes: make(map[string]scheme)} }

// Add registers a scheme: a bare word such as live, or what stands before
// "://". help is one line for the guide to the sources; "" leaves it out of the
// lists, for what is opened only to say what to write instead.
func (r *Registry) Add(name, help string, open Opener) {
	r.schemes[name] = scheme{open, help}
}

// AddFiles registers what opens every argument that no scheme claims.
func (r *Registry) AddFiles(help string, open Opener) { r.file = scheme{open, help} }

// Open opens the source that arg names.
func (r *Registry) Open(ctx context.Context, arg string, opt Options) (Source, error) {
	src, err := r.open(ctx, arg, opt)
	if err == nil && opt.Resolve {
		src = Resolve(src)
	}
	return src, err
}

func (r *Registry) open(ctx context.Context, arg string, opt Options) (Source, error) {
	if s, ok := r.schemes[arg]; ok {
		return s.open(ctx, arg, opt)
	}
	if name, _, ok := strings.Cut(arg, "://"); ok {
		s, ok := r.schemes[name]
		if !ok {
			return nil, fmt.Errorf("no source is called %s://; there are %s", name, strings.Join(r.Names(), ", ")) // the rest may hold a password
		}
		return s.open(ctx, arg, opt)
	}
	if r.file.open == nil {
		return nil, fmt.Errorf("%s: no such source; there are %s", arg, strings.Join(r.Names(), ", "))
	}
	return r.file.open(ctx, arg, opt)
}

// Names lists the schemes.
func (r *Registry) Names() []string {
	names := make([]string, 0, len(r.schemes))
	for n, s := range r.schemes {
		if s.help != "" {
			names = append(names, n)
		}
	}
	sort.Strings(names)
	return names
}

// Help returns a line a scheme, name and help, in the order of Names; the
// files' line comes last, under "FILE".
func (r *Registry) Help() [][2]string {
	var rows [][2]string
	for _, n := range r.Names() {
		rows = append(rows, [2]string{n, r.schemes[n].help})
	}
	if r.file.open != nil {
		rows = append(rows, [2]string{"FILE", r.file.help})
	}
	return rows
}
