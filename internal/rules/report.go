package rules

import (
	"fmt"
	"strings"
)

// Code names what is wrong or odd, in Falco's words where Falco knows it
// (falco userspace/engine/falco_load_result.cpp).
type Code string

// The codes of errors.
const (
	ErrFileRead         Code = "LOAD_ERR_FILE_READ"
	ErrYAMLParse        Code = "LOAD_ERR_YAML_PARSE"
	ErrYAMLValidate     Code = "LOAD_ERR_YAML_VALIDATE"
	ErrCompileCondition Code = "LOAD_ERR_COMPILE_CONDITION"
	ErrCompileOutput    Code = "LOAD_ERR_COMPILE_OUTPUT"
	ErrValidate         Code = "LOAD_ERR_VALIDATE"
)

// The codes of warnings.
const (
	WarnUnknownSource    Code = "LOAD_UNKNOWN_SOURCE"
	WarnUnsafeNA         Code = "LOAD_UNSAFE_NA_CHECK"
	WarnNoEvtType        Code = "LOAD_NO_EVTTYPE"
	WarnUnknownFilter    Code = "LOAD_UNKNOWN_FILTER"
	WarnUnusedMacro      Code = "LOAD_UNUSED_MACRO"
	WarnUnusedList       Code = "LOAD_UNUSED_LIST"
	WarnUnknownItem      Code = "LOAD_UNKNOWN_ITEM"
	WarnDeprecatedItem   Code = "LOAD_DEPRECATED_ITEM"
	WarnAppendNoValues   Code = "LOAD_APPEND_NO_VALUES"
	WarnExceptionTwice   Code = "LOAD_EXCEPTION_NAME_NOT_UNIQUE"
	WarnInvalidMacroName Code = "LOAD_INVALID_MACRO_NAME"
	WarnInvalidListName  Code = "LOAD_INVALID_LIST_NAME"
	WarnCompileCondition Code = "LOAD_COMPILE_CONDITION"
	WarnUnknownKey       Code = "LOAD_UNKNOWN_KEY"
	WarnDuplicateKey     Code = "LOAD_DUPLICATE_KEY"     // ours: a key that stands twice in an item
	WarnUnknownRule      Code = "LOAD_UNKNOWN_RULE"      // ours: a step of a sequence names a rule that is not there, or is off
	WarnIdleStep         Code = "LOAD_IDLE_STEP"         // ours: a step of a sequence that nothing waits for
	WarnUnusedAlias      Code = "LOAD_UNUSED_ALIAS"      // ours: an alias of a sequence that it does not group by
	WarnUnavailableField Code = "LOAD_UNAVAILABLE_FIELD" // ours: no source fills a field of the condition
)

// IsError reports whether a code is an error's.
func (c Code) IsError() bool { return strings.HasPrefix(string(c), "LOAD_ERR_") }

// Problem is something wrong (an error) or odd (a warning) in a file.
type Problem struct {
	Code    Code
	At      Place
	Item    string // the item it is in: rule 'Name'; "" outside of items
	Msg     string
	Hint    string // what to do; may be empty
	Context string // the line of the file, and a caret under the place; may be empty
}

func (p *Problem) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s: ", p.At, p.Code)
	if p.Item != "" {
		b.WriteString(p.Item + ": ")
	}
	b.WriteString(p.Msg)
	if p.Hint != "" {
		b.WriteString(" (" + p.Hint + ")")
	}
	return b.String()
}

// maxProblems is how many errors and how many warnings a report keeps: a
// hostile file has as many as it has lines.
const maxProblems = 1000

// Report is what [Load] found in files, in the order in which it was found.
type Report struct {
	Errors   []*Problem
	Warnings []*Problem

	MoreErrors, MoreWarnings int // how many were found beyond those that are kept
}

// NumErrors returns how many errors were found.
func (r *Report) NumErrors() int { return len(r.Errors) + r.MoreErrors }

// NumWarnings returns how many warnings were found.
func (r *Report) NumWarnings() int { return len(r.Warnings) + r.MoreWarnings }

// Err returns nil when there are no errors; else an error that tells the
// first and counts the rest.
func (r *Report) Err() error {
	switch n := r.NumErrors(); n {
	case 0:
		return nil
	case 1:
		return r.Errors[0]
	default:
		return fmt.Errorf("%w (and %d more)", r.Errors[0], n-1)
	}
}

func (r *Report) add(p *Problem) {
	list, more := &r.Warnings, &r.MoreWarnings
	if p.Code.IsError() {
		list, more = &r.Errors, &r.MoreErrors
	}
	if len(*list) == maxProblems {
		*more++
		return
	}
	*list = append(*list, p)
}
