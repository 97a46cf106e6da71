package main

import (
	"flag"
	"fmt"
	"image/color"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"

	"github.com/stoop-project/stoop/tui/internal/shot"
)

// sequences are what a terminal sends for keys that are no characters.
var sequences = map[string]string{
	"enter": "\r", "esc": "\x1b", "tab": "\t", "space": " ", "backspace": "\x7f", "shift+tab": "\x1b[Z",
	"up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F",
	"pgup": "\x1b[5~", "pgdown": "\x1b[6~",
}

func main() {
	size := flag.String("size", "120x40", "columns x lines")
	keys := flag.String("keys", "", "keys to press, separated by blanks")
	out := flag.String("o", "", "the SVG file")
	settle := flag.Duration("settle", 700*time.Millisecond, "how long to wait after the start and after the last key")
	flag.Parse()
	if flag.NArg() == 0 || *out == "" {
		flag.Usage()
		os.Exit(2)
	}
	if err := shoot(*size, *keys, *out, *settle, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "shoot:", err)
		os.Exit(1)
	}
}

func shoot(size, keys, out string, settle time.Duration, command []string) error {
	var w, h int
	if _, err := fmt.Sscanf(size, "%dx%d", &w, &h); err != nil {
		return fmt.Errorf("size %q: write columns x lines", size)
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor")
	f, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: uint16(h), Cols: uint16(w)})
	if err != nil {
		return err
	}
	defer f.Close()
	defer func() { _ = cmd.Process.Kill() }()
	screen := vt.NewSafeEmulator(w, h)
	go copyTo(screen, f)
	go func() { // what the emulator answers to questions
		buf := make([]byte, 1<<10)
		for {
			n, err := screen.Read(buf)
			if err != nil {
				return
			}
			_, _ = f.Write(buf[:n])
		}
	}()
	time.Sleep(settle)
	for _, k := range strings.Fields(keys) {
		press(f, k)
	}
	time.Sleep(settle)
	return os.WriteFile(out, []byte(shot.SVG(screen, w, h, color.White, color.Black)), 0o644)
}

func copyTo(screen *vt.SafeEmulator, f *os.File) {
	buf := make([]byte, 64<<10)
	for {
		n, err := f.Read(buf)
		_, _ = screen.Write(buf[:n])
		if err != nil {
			return
		}
	}
}

func press(f *os.File, key string) {
	if ms, err := strconv.Atoi(key); err == nil && len(key) > 1 {
		time.Sleep(time.Duration(ms) * time.Millisecond)
		return
	}
	seq, ok := sequences[key]
	if !ok {
		seq = strings.ReplaceAll(key, "␣", " ")
	}
	_, _ = f.WriteString(seq)
	time.Sleep(60 * time.Millisecond)
}
