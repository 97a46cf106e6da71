package casefile

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Keep puts a file into the case's folder: write is given the path of a file that
// is not there yet. It is whole and on the disk when Keep returns, and belongs to
// the case when an entry names it.
func (c *Case) Keep(name string, write func(path string) error) (File, error) {
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return File{}, err
	}
	ext := filepath.Ext(name)
	name = cleanName(strings.TrimSuffix(name, ext) + "-" + strings.ToLower(rand.Text()[:6]) + ext)
	path := filepath.Join(c.dir, name)
	part := filepath.Join(c.dir, "."+name+".part")
	err := write(part)
	if err == nil {
		err = syncFile(part)
	}
	if err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		_ = os.Remove(part)
		return File{}, fmt.Errorf("%s was not kept: %w", name, err)
	}
	return sumOf(path, name)
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func sumOf(path, name string) (File, error) {
	f, err := os.Open(path)
	if err != nil {
		return File{}, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return File{Name: name, SHA256: hex.EncodeToString(h.Sum(nil)), Size: n}, err
}

// Files returns the files that entries name, each once.
func (c *Case) Files() (files []File) {
	seen := make(map[string]bool)
	for _, e := range c.Entries() {
		for _, f := range e.Files {
			if !seen[f.Name] {
				seen[f.Name] = true
				files = append(files, f)
			}
		}
	}
	return files
}

// Verify compares the files with the sums that they had when they were kept, and
// says what is wrong, a sentence each.
func (c *Case) Verify() (wrong []string) {
	for _, f := range c.Files() {
		now, err := sumOf(filepath.Join(c.dir, f.Name), f.Name)
		switch {
		case err != nil:
			wrong = append(wrong, fmt.Sprintf("%s cannot be read: %v", f.Name, err))
		case now.SHA256 != f.SHA256:
			wrong = append(wrong, fmt.Sprintf("%s is not what was kept: its SHA-256 is %s and was %s", f.Name, now.SHA256, f.SHA256))
		}
	}
	return wrong
}
