package oracle

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// maxLine bounds a line: strings of 64 KiB may take four characters a byte.
const maxLine = 16 << 20

// Parse reads strace's output. Calls that were interrupted by another thread's
// lines are joined; records stand in the order in which calls began. Lines that
// are not understood are left out and reported, all of them, in the error.
func Parse(r io.Reader) ([]Record, error) {
	p := parser{waiting: map[int]waitingCall{}}
	scan := bufio.NewScanner(r)
	scan.Buffer(nil, maxLine)
	n := 0
	for scan.Scan() {
		n++
		if err := p.line(scan.Text()); err != nil {
			p.errs = append(p.errs, fmt.Errorf("line %d: %w", n, err))
		}
	}
	if err := scan.Err(); err != nil {
		p.errs = append(p.errs, fmt.Errorf("line %d: %w", n+1, err))
	}
	p.giveUp(p.allWaiting())
	return p.records, errors.Join(p.errs...)
}

type parser struct {
	records []Record
	waiting map[int]waitingCall // by thread
	errs    []error
}

// waitingCall is a call whose end is still to come.
type waitingCall struct {
	index int // of its place in records
	text  string
}

const (
	unfinishedMark = " <unfinished ...>"
	resumedMark    = " resumed>"
	detachedMark   = " <detached ...>"
	changedMark    = " <pid changed to "
	unreadable     = "???"
)

func (p *parser) line(line string) error {
	if line == "" {
		return nil
	}
	pid, text := cutPid(line)
	at, body, timed := cutTime(text)
	if strings.HasPrefix(body, unreadable+"(") || strings.HasPrefix(body, "<... "+unreadable) {
		return nil // the process was killed before strace could read which call it was in
	}
	if before, ok := strings.CutSuffix(" "+text, detachedMark); ok {
		return p.detach(pid, strings.TrimSpace(before))
	}
	if before, ok := strings.CutSuffix(text, unfinishedMark); ok {
		return p.begin(pid, before)
	}
	if before, after, ok := strings.Cut(text, changedMark); ok && strings.HasSuffix(after, " ...>") && isNumber(strings.TrimSuffix(after, " ...>")) {
		return p.begin(pid, before) // it goes on under the first thread's id
	}
	if rest, ok := strings.CutPrefix(body, "<... "); ok {
		name, end, ok := strings.Cut(rest, resumedMark)
		if !ok {
			return fmt.Errorf("a call resumes without %q: %s", resumedMark, quoteShort(text))
		}
		return p.end(pid, name, end)
	}
	r, err := parseRecord(text)
	if err != nil {
		return err
	}
	r.Pid = pid
	if timed {
		r.Time = at
	}
	if r.Kind == Exit || r.Kind == Killed || r.Kind == Gone {
		p.giveUp([]int{pid})
	}
	if r.Kind == Gone { // the other thread takes this one's id, and its call returns under it
		p.adopt(pid, int(r.Return.Int))
	}
	p.records = append(p.records, r)
	return nil
}

// begin keeps a place for a call whose end comes later.
func (p *parser) begin(pid int, text string) error {
	if _, busy := p.waiting[pid]; busy {
		p.giveUp([]int{pid})
	}
	p.waiting[pid] = waitingCall{index: len(p.records), text: text}
	p.records = append(p.records, Record{Pid: pid})
	return nil
}

// adopt makes a call that another thread began one of this thread.
func (p *parser) adopt(pid, from int) {
	if w, ok := p.waiting[from]; ok {
		delete(p.waiting, from)
		p.waiting[pid] = w
	}
}

// detach ends the call in which a thread was when strace let it go: the one on
// the line, one that began before, or none.
func (p *parser) detach(pid int, text string) error {
	if _, body, _ := cutTime(text + " "); strings.Contains(body, "(") && !strings.HasPrefix(body, "<... ") {
		if err := p.begin(pid, text); err != nil {
			return err
		}
	}
	p.giveUp([]int{pid})
	return nil
}

// end joins the two parts of a call.
func (p *parser) end(pid int, name, end string) error {
	w, ok := p.waiting[pid]
	if !ok {
		return fmt.Errorf("%s resumes in thread %d but never began", name, pid)
	}
	delete(p.waiting, pid)
	r, err := parseRecord(w.text + end)
	if err == nil && r.Name != name {
		err = fmt.Errorf("%s resumes in thread %d where %s began", name, pid, r.Name)
	}
	r.Pid = pid
	p.records[w.index] = r
	return err
}

func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 32)
	return err == nil
}

func (p *parser) allWaiting() []int {
	pids := make([]int, 0, len(p.waiting))
	for pid := range p.waiting {
		pids = append(pids, pid)
	}
	slices.Sort(pids)
	return pids
}

// giveUp completes the calls in which their threads ended.
func (p *parser) giveUp(pids []int) {
	for _, pid := range pids {
		w, ok := p.waiting[pid]
		if !ok {
			continue
		}
		delete(p.waiting, pid)
		r, err := parseRecord(w.text + unfinishedMark + ") = ?")
		if err != nil {
			p.errs = append(p.errs, err)
		}
		r.Pid = pid
		p.records[w.index] = r
	}
}

// cutPid takes the pid off a line of a trace with -f; 0 without.
func cutPid(line string) (int, string) {
	word, rest, ok := strings.Cut(line, " ")
	pid, err := strconv.Atoi(word)
	if !ok || err != nil || pid <= 0 {
		return 0, line
	}
	return pid, strings.TrimLeft(rest, " ")
}
