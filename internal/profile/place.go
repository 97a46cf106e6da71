package profile

import (
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// place is one place of a document that a field's value comes from, and how.
type place struct {
	path  string           // dotted; "" for a constant
	form  form             // what is made of what lies there
	table map[string]value // formTable: the field's value by what is stored
	fixed string           // formIs, formConst: the field's value
	made  value            // … as it is put into a slot

	each, other, missing string   // formEach: the path in each object, the path outside of them and the text that stand in for it
	cut                  bool     // formEach: an image's name is cut to its repository
	without              []string // of a list, the members that are left out; a star at the end stands for anything
	alone                bool     // no places of a profile that this one is like come behind it
	last                 bool     // behind the places that a field has by its own name
	arg                  string   // what stood in the field's brackets, for forms that take it
}

// with returns the place of a field with an argument.
func (pl place) with(a event.Arg) place {
	if pl.form == formMember {
		return place{path: pl.path + "." + argText(a)}
	}
	pl.arg = argText(a)
	return pl
}

// form is what is made of what lies at a place. The set is closed: what it
// cannot say is no matter for a table.
type form uint8

// The forms, and what profiles call them.
const (
	formSame     form = iota // as it is
	formConst                // const: a text, wherever and whatever
	formIs                   // is: a text, when there is anything at the path
	formTable                // values: by a table
	formID                   // id: the first 12 digits of a container's id, without its scheme
	formFullID               // full-id: 64 hex digits, without the scheme
	formScheme               // scheme: what stands before the :// of a container's id
	formBase                 // basename: what follows the last slash
	formSlash                // slash: with one at the end
	formFirst                // first: the first member of an array
	formRest                 // rest: all members of an array but the first, as words
	formJoin                 // join: all members of an array, a blank between them
	formRepo                 // repository: an image's name without tag and digest
	formTag                  // tag: an image's tag
	formDigest               // digest: an image's digest
	formJSON                 // json: an object or array as its text
	formSyscall              // syscall: the system call whose kernel function it is
	formSec                  // s: seconds since 1970
	formMilli                // ms: milliseconds
	formMicro                // us: microseconds
	formNano                 // ns: nanoseconds
	formSigned               // int32: a number of 32 bits as a signed one
	formPriority             // a priority's name, and nothing when it is none
	formObjKind              // a kind of file or socket, and nothing when it is none
	formFilled               // as it is, and nothing when it is empty
	formMember               // member: of an object, the member that stands in the field's brackets
	formParam                // param: of a URI, the query parameter that stands in the field's brackets
	formPrefix               // prefix: whether one of an array's texts is, or with a star begins with, what stands in the brackets
	formKeys                 // keys: of an array of objects the names of their members, but name
	formEach                 // each: of an array of objects one value each
	formAny                  // any: whether one of an array's values is true
	formWithout              // without: of an array the members that are not among those of without
	formFlat                 // flat: of arrays in an array all members
	numForms
)

var formNames = [numForms]string{
	formConst: "const", formIs: "is", formTable: "values", formID: "id", formFullID: "full-id", formScheme: "scheme", formBase: "basename", formSlash: "slash",
	formFirst: "first", formRest: "rest", formJoin: "join", formRepo: "repository", formTag: "tag", formDigest: "digest",
	formJSON: "json", formSyscall: "syscall", formSec: "s", formMilli: "ms", formMicro: "us", formNano: "ns", formSigned: "int32", formMember: "member",
	formParam: "param", formPrefix: "prefix", formKeys: "keys", formEach: "each", formAny: "any", formWithout: "without", formFlat: "flat",
}

// formOf returns the form of a name.
func formOf(name string) (form, bool) {
	for f, n := range &formNames {
		if n == name && n != "" {
			return form(f), true
		}
	}
	return 0, false
}

// takesArg reports whether the form has a use for what stands in a field's
// brackets.
func (f form) takesArg() bool {
	switch f {
	case formConst, formMember, formParam, formPrefix, formKeys, formEach, formFlat:
		return true
	}
	return false
}

// wide reports whether the form is about more than one value, and so only made
// when somebody asks for the field.
func (f form) wide() bool {
	return f >= formMember && f != formWithout
}

// units has the length of a form's unit in ns.
var units = map[form]int64{formSec: 1e9, formMilli: 1e6, formMicro: 1e3, formNano: 1}

// image takes an image's name apart: registry:5000/shop/web:2.4@sha256:….
func image(name string) (repo, tag, digest string) {
	if at := strings.Index(name, "://"); at >= 0 {
		name = name[at+len("://"):]
	}
	repo, digest, _ = strings.Cut(name, "@")
	if at := strings.LastIndexByte(repo, ':'); at > strings.LastIndexByte(repo, '/') {
		repo, tag = repo[:at], repo[at+1:]
	}
	if strings.HasPrefix(repo, "sha256:") {
		repo, digest = "", repo
	}
	return repo, tag, digest
}
