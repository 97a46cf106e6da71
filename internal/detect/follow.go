package detect

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"time"

	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/source"
)

// followEvery is how often rule files are looked at.
const followEvery = 2 * time.Second

// digest tells whether files changed.
type digest [sha256.Size]byte

func digestOf(files []rules.File, settings rules.FalcoSettings) (d digest) {
	h := sha256.New()
	fmt.Fprintf(h, "%#v", settings)
	for _, f := range files {
		fmt.Fprintf(h, "%#v", f.Choice)
		for _, text := range [][]byte{[]byte(f.Name), {0}, f.Text, {0}} {
			h.Write(text)
		}
	}
	return digest(h.Sum(nil))
}

// rereadable reports whether rules can be read again: what comes through a pipe
// cannot.
func rereadable(args []string) bool {
	for _, arg := range args {
		if info, err := os.Stat(arg); err == nil && !info.IsDir() && !info.Mode().IsRegular() {
			return false
		}
	}
	return true
}

// Follow reads the rule files again when they change, until ctx is done. What
// is wrong with them is said once for each change.
func (d *Detector) Follow(ctx context.Context) {
	if d.args == nil {
		return
	}
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	said := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := d.Reload(); err == nil {
			said = ""
		} else if err.Error() != said {
			said = err.Error()
			d.note(source.NoteError, "", "the rules that were at work stay; correct the files", "the rules could not be read anew: %v", err)
		}
	}
}

// OnReload has f called when other rules are at work; its error is said in a
// note. It is for before [Detector.Follow] and [Detector.Reload].
func (d *Detector) OnReload(f func() error) { d.replaced = append(d.replaced, f) }

// Reload reads the rule files again where they have changed. On an error the
// rules that are at work stay.
func (d *Detector) Reload() error {
	if d.args == nil {
		return nil
	}
	d.reloading.Lock()
	defer d.reloading.Unlock()
	files, err := rules.Find(d.args)
	if err != nil {
		return err
	}
	settings, err := rules.ReadFalcoSettings(d.args)
	if err != nil {
		return err
	}
	now := digestOf(files, settings)
	if now == d.files {
		return nil
	}
	opt := d.opt.Rules
	opt.Append = settings.Outputs
	set, report := rules.Load(files, opt)
	if err := report.Err(); err != nil && !d.opt.Rules.Lenient {
		return err
	}
	if err := d.swap(set, settings); err != nil {
		return err
	}
	d.files = now
	for _, f := range d.replaced {
		if err := f(); err != nil {
			d.note(source.NoteError, "", "", "the new rules may miss events: %v", err)
		}
	}
	d.note(source.NoteInfo, "", "", "the rules were read anew: %d", len(set.Rules))
	return nil
}
