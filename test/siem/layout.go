package siem

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

//go:embed server
var files embed.FS

// cacheDir is where the servers are laid out: a folder for each version of
// what this package has in server/.
func cacheDir() (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := files.ReadFile(name)
		fmt.Fprintf(sum, "%s %d\n%s", name, len(text), text)
		return err
	})
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	return filepath.Join(cache, "stoop-siem", hex.EncodeToString(sum.Sum(nil))[:12]), nil
}

// layOut brings the parts of a flavor into place, once, and returns the folder
// of run.sh and the home of the flavor.
func layOut(f Flavor, jdk string) (scripts, home string, err error) {
	dir, err := cacheDir()
	if err != nil {
		return "", "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", "", err
	}
	unlock, err := lock(filepath.Join(dir, "layout.lock"))
	if err != nil {
		return "", "", err
	}
	defer unlock()
	if err := writeScripts(dir); err != nil {
		return "", "", err
	}
	scripts, home = filepath.Join(dir, "server"), filepath.Join(dir, "home-"+string(f))
	setup := exec.Command(filepath.Join(scripts, "run.sh"), string(f), "--setup")
	setup.Env = append(os.Environ(), "JVM="+jdk, "HOME_DIR="+home)
	if out, err := setup.CombinedOutput(); err != nil {
		return "", "", fmt.Errorf("lay out %s: %w: %s", f, err, lastLines(out))
	}
	return scripts, home, nil
}

// writeScripts writes server/ into a folder, if it is not there.
func writeScripts(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, "server")); err == nil {
		return nil
	}
	tmp, err := os.MkdirTemp(dir, "scripts-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := os.CopyFS(tmp, files); err != nil {
		return err
	}
	for _, name := range []string{"run.sh", "keep.sh"} {
		if err := os.Chmod(filepath.Join(tmp, "server", name), 0o755); err != nil {
			return err
		}
	}
	return os.Rename(filepath.Join(tmp, "server"), filepath.Join(dir, "server"))
}

// lastLines shortens what a program printed.
func lastLines(out []byte) []byte {
	const most = 2000
	out = bytes.TrimSpace(out)
	if len(out) > most {
		out = out[len(out)-most:]
	}
	return out
}
