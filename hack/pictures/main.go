//go:build !windows

package main

import (
	_ "embed"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/stoop-project/stoop/test/terminal"
	"github.com/stoop-project/stoop/themes"
)

// How long a screen may take to appear, and how long it must be still before
// it counts as complete.
const (
	patience = 20 * time.Second
	stillFor = 700 * time.Millisecond
)

//go:embed shots.toml
var shotsFile string

// shot is one picture.
type shot struct {
	Name  string
	About string
	Args  []string
	Size  [2]int // columns, rows
	Theme string
	Wait  string // on the screen before keys are typed
	Keys  []string
	Shows string // on the screen when the picture is taken
}

func main() {
	program := flag.String("stoop", "./stoop", "the `program` to take pictures of")
	to := flag.String("to", "docs/pictures", "the `folder` that they go to")
	flag.Parse()
	if err := run(*program, *to, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

// run takes the pictures with these names, all of them if there are none.
func run(program, to string, names []string) error {
	program, err := filepath.Abs(program)
	if err != nil {
		return err
	}
	var list struct{ Shot []shot }
	if _, err := toml.Decode(shotsFile, &list); err != nil {
		return fmt.Errorf("shots.toml: %w", err)
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for _, s := range list.Shot {
		if len(names) > 0 && !slices.Contains(names, s.Name) {
			continue
		}
		picture, err := s.take(program)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
		file := filepath.Join(to, s.Name+".svg")
		if err := os.WriteFile(file, []byte(picture), 0o644); err != nil {
			return err
		}
		fmt.Println(file)
	}
	return nil
}

// take runs the program up to the picture and returns it.
func (s *shot) take(program string) (string, error) {
	theme, err := themes.Load(s.Theme)
	if err != nil {
		return "", err
	}
	cmd := exec.Command(program, append(slices.Clone(s.Args), "--theme", s.Theme)...)
	term, err := terminal.Start(cmd, s.Size[0], s.Size[1])
	if err != nil {
		return "", err
	}
	defer term.Close()
	if err := term.WaitFor("anything", patience, func(text string) bool { return len(text) > s.Size[1] }); err != nil {
		return "", err
	}
	if s.Wait != "" {
		if err := term.Wait(s.Wait, patience); err != nil {
			return "", err
		}
	}
	for _, keys := range append([]string{""}, s.Keys...) {
		if err := term.Type(keys); err != nil {
			return "", err
		}
		if err := term.Settle(stillFor, patience); err != nil {
			return "", err
		}
	}
	if err := term.Wait(s.Shows, patience); err != nil {
		return "", err
	}
	if err := term.Settle(stillFor, patience); err != nil {
		return "", err
	}
	return term.SVG(theme.Color("tone.text"), theme.Color("tone.base")), nil
}
