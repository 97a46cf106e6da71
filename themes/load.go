package themes

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed *.toml
var builtin embed.FS

// The built-in themes.
const (
	Dark  = "peregrine"
	Light = "gyrfalcon"
)

// Default returns the built-in theme for a dark or a light terminal.
func Default(dark bool) *Theme {
	name := Light
	if dark {
		name = Dark
	}
	t, err := Load(name)
	if err != nil {
		panic(err) // the tests load both
	}
	return t
}

// Load returns a built-in theme by name. See [Folder.Load] for users' own.
func Load(name string) (*Theme, error) { return Folder("").Load(name) }

// Folder is where a user's themes are. "" has none.
type Folder string

// Dir returns the user's folder: $XDG_CONFIG_HOME/stoop/themes, by default
// ~/.config/stoop/themes, or what the system has instead; "" where there is no
// home.
func Dir() Folder {
	if dir := os.Getenv("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		return Folder(filepath.Join(dir, "stoop", "themes"))
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return Folder(filepath.Join(dir, "stoop", "themes"))
}

// Load returns a theme by name, the user's own before the built-in ones, or by
// the path of its file, which has a separator in it or ends in .toml. Errors
// are of type [*Error] where the file is there and wrong.
func (f Folder) Load(name string) (*Theme, error) { return f.load(name, nil) }

// load loads name for the themes in chain, which extend one another.
func (f Folder) load(name string, chain []string) (*Theme, error) {
	if slices.Contains(chain, name) && !isBuiltin(name) || len(chain) > 8 {
		return nil, fmt.Errorf("goes round in circles: %s", strings.Join(append(chain, name), " extends "))
	}
	// A user's peregrine may extend the built-in one.
	where, text, err := f.read(name, !slices.Contains(chain, name))
	if err != nil {
		return nil, err
	}
	chain = append(slices.Clone(chain), name)
	t, err := parse(where, text, func(base string) (*Theme, error) { return f.load(base, chain) })
	if err != nil {
		return nil, err
	}
	t.Name = strings.TrimSuffix(filepath.Base(name), ".toml")
	return t, nil
}

// read returns a theme's text and where it was found.
func (f Folder) read(name string, own bool) (where string, text []byte, err error) {
	if strings.ContainsAny(name, `/\`) || strings.HasSuffix(name, ".toml") {
		text, err = readFile(name)
		return name, text, err
	}
	if f != "" && own {
		where = filepath.Join(string(f), name+".toml")
		text, err = readFile(where)
		if !errors.Is(err, fs.ErrNotExist) {
			return where, text, err
		}
	}
	text, err = builtin.ReadFile(name + ".toml")
	if err != nil {
		return name, nil, fmt.Errorf("no theme %q; there are %s", name, strings.Join(f.Names(), ", "))
	}
	return name + ".toml", text, nil
}

// readFile reads a theme file, and of a larger one no more than tells that it
// is too large.
func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, maxSize+1))
}

// Names returns the names of all themes, the built-in ones first.
func (f Folder) Names() []string {
	names := []string{Dark, Light}
	if f == "" {
		return names
	}
	files, _ := os.ReadDir(string(f)) // no folder: no themes in it
	for _, file := range files {
		name, ok := strings.CutSuffix(file.Name(), ".toml")
		if ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func isBuiltin(name string) bool { return name == Dark || name == Light }
