package oracle

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Kind tells what a line of strace is about.
type Kind int

const (
	Syscall Kind = iota // a system call, complete unless Unfinished
	Signal              // a signal was delivered: Name is "SIGCHLD", Args its siginfo
	Exit                // the process ended: Return.Int is its status
	Killed              // a signal ended the process: Name is the signal
	Gone                // the thread was replaced by an execve in another, Return.Int
)

// Record is one thing that one thread did.
type Record struct {
	Kind       Kind
	Pid        int       // thread id in strace's pid namespace; 0 when strace named none
	Time       time.Time // of the entry; zero without -ttt
	Duration   time.Duration
	Name       string // of the call or the signal
	Args       []Arg
	Return     Return
	Errno      string // "ENOENT"; "" on success
	Unfinished bool   // the call never returned: the process ended in it
}

// Return is a call's result as strace printed it.
type Return struct {
	Text string // "3</etc/passwd>", "-1", "0x7f…", "?"
	Int  int64  // its number; 0 for "?"
	Note string // what follows in parentheses, without them: the errno's text, "Timeout"
}

// Known tells whether the call returned a value: exit and a killed thread do not.
func (r Return) Known() bool { return r.Text != "" && r.Text != "?" }

// FD returns the returned descriptor with what it is.
func (r Return) FD() (FD, bool) { return Arg(r.Text).FD() }

// parseRecord reads one line without its pid: a time if there is one, then a
// call, a signal or an end.
func parseRecord(line string) (Record, error) {
	var r Record
	rest := line
	if at, after, ok := cutTime(rest); ok {
		r.Time, rest = at, after
	}
	switch {
	case strings.HasPrefix(rest, "+++ "):
		return r, r.parseEnd(strings.TrimSuffix(strings.TrimPrefix(rest, "+++ "), " +++"))
	case strings.HasPrefix(rest, "--- "):
		return r, r.parseSignal(strings.TrimSuffix(strings.TrimPrefix(rest, "--- "), " ---"))
	}
	return r, r.parseCall(rest)
}

// cutTime reads the seconds and microseconds since 1970 that -ttt prints.
func cutTime(line string) (time.Time, string, bool) {
	word, rest, ok := strings.Cut(line, " ")
	seconds, micros, dot := strings.Cut(word, ".")
	if !ok || !dot || len(micros) != 6 {
		return time.Time{}, line, false
	}
	s, err := strconv.ParseInt(seconds, 10, 64)
	us, err2 := strconv.ParseUint(micros, 10, 32)
	if err != nil || err2 != nil {
		return time.Time{}, line, false
	}
	return time.Unix(s, int64(us)*1000), rest, true
}

// parseEnd reads the text between +++ and +++.
func (r *Record) parseEnd(text string) error {
	if status, ok := strings.CutPrefix(text, "exited with "); ok {
		n, err := strconv.ParseInt(status, 10, 64)
		if err != nil {
			return fmt.Errorf("exit status %q is no number", status)
		}
		r.Kind, r.Return = Exit, Return{Text: status, Int: n}
		return nil
	}
	if signal, ok := strings.CutPrefix(text, "killed by "); ok {
		signal, note, _ := strings.Cut(signal, " ")
		r.Kind, r.Name, r.Return.Note = Killed, signal, strings.Trim(note, "()")
		return nil
	}
	if thread, ok := strings.CutPrefix(text, "superseded by execve in pid "); ok {
		n, err := strconv.ParseInt(thread, 10, 32)
		if err != nil {
			return fmt.Errorf("a thread was replaced by %q, which is no thread", thread)
		}
		r.Kind, r.Return = Gone, Return{Text: thread, Int: n}
		return nil
	}
	return fmt.Errorf("unknown end of a process: %q", text)
}

// parseSignal reads the text between --- and ---.
func (r *Record) parseSignal(text string) error {
	r.Kind = Signal
	if name, ok := strings.CutPrefix(text, "stopped by "); ok {
		r.Name = name
		return nil
	}
	name, info, ok := strings.Cut(text, " ")
	if !ok {
		return fmt.Errorf("signal %q has no siginfo", text)
	}
	r.Name, r.Args = name, []Arg{Arg(info)}
	return nil
}

// parseCall reads NAME(ARGS) = RETURN ERRNO (NOTE) <DURATION>.
func (r *Record) parseCall(text string) error {
	open := strings.IndexByte(text, '(')
	if open <= 0 || !isName(text[:open]) {
		return fmt.Errorf("no system call: %s", quoteShort(text))
	}
	r.Kind, r.Name = Syscall, text[:open]
	body := text[open+1:]
	// A call in which the process ended: its arguments may be incomplete.
	if before, after, ok := strings.Cut(body, " <unfinished ...>"); ok && isUnknownReturn(after) {
		r.Unfinished = true
		body = strings.TrimRight(strings.TrimRight(before, " "), ",") + ")" + strings.TrimPrefix(after, ")")
		if strings.TrimSpace(after) == "" {
			body += " = ?"
		}
	}
	args, rest, err := splitArgs(body)
	if err != nil {
		return fmt.Errorf("%s: %w in %s", r.Name, err, quoteShort(text))
	}
	r.Args = args
	return r.parseReturn(rest)
}

func isUnknownReturn(after string) bool {
	after = strings.TrimSpace(strings.TrimPrefix(after, ")"))
	return after == "" || strings.HasPrefix(after, "= ?")
}

// parseReturn reads what follows the closing parenthesis.
func (r *Record) parseReturn(rest string) error {
	result, ok := strings.CutPrefix(strings.TrimLeft(rest, " "), "= ")
	if !ok {
		return fmt.Errorf("%s: no result after its arguments: %s", r.Name, quoteShort(rest))
	}
	value, result := cutValue(result)
	r.Return.Text = value
	if value == "" {
		return fmt.Errorf("%s: its result is empty", r.Name)
	}
	if value != "?" {
		n, ok := Arg(value).Int()
		if !ok {
			return fmt.Errorf("%s: its result %s is no number", r.Name, quoteShort(value))
		}
		r.Return.Int = n
	}

	if i := strings.LastIndexByte(result, '<'); i >= 0 && strings.HasSuffix(result, ">") {
		seconds, err := strconv.ParseFloat(result[i+1:len(result)-1], 64)
		if err != nil || seconds < 0 || seconds > 1e9 {
			return fmt.Errorf("%s: its duration %s is no number of seconds", r.Name, quoteShort(result[i:]))
		}
		r.Duration = time.Duration(seconds * float64(time.Second)).Round(time.Microsecond)
		result = result[:i]
	}
	word, note, _ := strings.Cut(strings.TrimSpace(result), " ")
	if isErrno(word) {
		r.Errno = word
	} else {
		note = strings.TrimSpace(result)
	}
	r.Return.Note = strings.TrimSuffix(strings.TrimPrefix(note, "("), ")")
	return nil
}

// cutValue takes a result off the front: a number, or a descriptor with what
// it is, which may have spaces in it.
func cutValue(s string) (value, rest string) {
	end := strings.IndexAny(s, " <")
	if end < 0 {
		return s, ""
	}
	if s[end] == '<' && end > 0 {
		if n := annotationLen(s[end:]); n > 0 {
			end += n
			if strings.HasPrefix(s[end:], deletedMark) {
				end += len(deletedMark)
			}
		}
	}
	return s[:end], s[end:]
}

func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

func isErrno(s string) bool {
	if len(s) < 3 || s[0] != 'E' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// quoteShort quotes the beginning of a text for an error message.
func quoteShort(s string) string {
	const most = 80
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strconv.Quote(s)
}

// Calls returns the records of system calls with one of these names; all
// calls without names.
func Calls(records []Record, names ...string) []Record {
	var calls []Record
	for _, r := range records {
		if r.Kind != Syscall {
			continue
		}
		wanted := len(names) == 0
		for _, n := range names {
			wanted = wanted || n == r.Name
		}
		if wanted {
			calls = append(calls, r)
		}
	}
	return calls
}
