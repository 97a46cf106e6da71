package indicator

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// plain reads one indicator a line; what follows # or ; is its description.
func (l *List) plain(text []byte) {
	n := 0
	for line := range bytes.Lines(text) {
		n++
		value, desc := string(bytes.TrimSpace(line)), ""
		if i := strings.IndexAny(value, "#;"); i >= 0 {
			value, desc = strings.TrimSpace(value[:i]), strings.TrimSpace(value[i+1:])
		}
		if value == "" {
			continue
		}
		if err := l.add(Indicator{Value: value, Desc: desc, Line: n}); err != nil {
			l.skip(n, err.Error())
			return
		}
	}
}

// The names of columns that lists in the wild have.
var (
	valueColumns  = []string{"indicator", "value", "ioc", "ioc_value", "observable", "dst_ip", "ip", "domain", "sha256_hash", "sha256", "hash", "url", "path"}
	kindColumns   = []string{"type", "kind", "ioc_type", "indicator_type"}
	descColumns   = []string{"description", "desc", "comment", "malware", "threat", "signature", "name", "title"}
	sourceColumns = []string{"source", "reporter", "feed", "reference", "provider"}
)

// isCSV reports whether the first line that is no comment names a column of
// values among others.
func isCSV(text []byte) bool {
	first, _ := cutComments(text)
	head, _, _ := bytes.Cut(first, []byte("\n"))
	return bytes.ContainsRune(head, ',') && column(strings.Split(string(head), ","), valueColumns) >= 0
}

// cutComments leaves out the comments before the header, and says how many
// lines that are; a header may itself be written as a comment.
func cutComments(text []byte) (rest []byte, lines int) {
	for {
		line, after, more := bytes.Cut(text, []byte("\n"))
		t := bytes.TrimSpace(line)
		if len(t) > 0 && t[0] != '#' {
			return text, lines
		}
		if head := bytes.TrimLeft(t, "# "); bytes.ContainsRune(head, ',') && column(strings.Split(string(head), ","), valueColumns) >= 0 {
			return bytes.TrimLeft(text, "# \t\r\n"), lines
		}
		if !more {
			return nil, lines
		}
		text, lines = after, lines+1
	}
}

func column(head, names []string) int {
	for _, name := range names {
		if i := slices.IndexFunc(head, func(h string) bool { return strings.EqualFold(strings.Trim(strings.TrimSpace(h), `"`), name) }); i >= 0 {
			return i
		}
	}
	return -1
}

func (l *List) csv(text []byte) error {
	body, before := cutComments(text)
	r := csv.NewReader(bytes.NewReader(body))
	r.FieldsPerRecord, r.LazyQuotes, r.TrimLeadingSpace, r.Comment, r.ReuseRecord = -1, true, true, '#', true
	head, err := r.Read()
	if err != nil {
		return err
	}
	value, kind, desc, source := column(head, valueColumns), column(head, kindColumns), column(head, descColumns), column(head, sourceColumns)
	cell := func(row []string, i int) string {
		if i < 0 || i >= len(row) {
			return ""
		}
		return strings.TrimSpace(row[i])
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		line, _ := r.FieldPos(0)
		line += before
		if err != nil {
			l.skip(line, err.Error())
			continue
		}
		if cell(row, value) == "" {
			continue
		}
		in := Indicator{Value: cell(row, value), Kind: kindOf(cell(row, kind)), Desc: cell(row, desc), Source: cell(row, source), Line: line}
		if err := l.add(in); err != nil {
			return err
		}
	}
}

// kindOf reads the kinds that lists name, 0 for what is not known.
func kindOf(word string) Kind {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "ip", "ipv4", "ipv6", "address", "ip-dst", "ip-src", "ip:port", "ipv4-addr", "ipv6-addr":
		return Address
	case "cidr", "network", "subnet":
		return Network
	case "domain", "hostname", "host", "domain-name", "fqdn":
		return Domain
	case "path", "file", "filename", "filepath":
		return Path
	case "hash", "md5", "sha1", "sha256", "md5_hash", "sha1_hash", "sha256_hash", "filehash-sha256", "filehash-md5", "filehash-sha1":
		return Hash
	}
	return 0
}

// stixObject is what is read of an object of a STIX 2.1 bundle (OASIS STIX
// 2.1, 4.7): an indicator.
type stixObject struct {
	Type        string       `json:"type"`
	Name        string       `json:"name"`
	Description string       `json:"description"`
	Pattern     string       `json:"pattern"`
	PatternType string       `json:"pattern_type"`
	CreatedBy   string       `json:"created_by_ref"`
	ID          string       `json:"id"`
	Revoked     bool         `json:"revoked"`
	Objects     []stixObject `json:"objects"`
}

func (l *List) stix(text []byte) error {
	var objects []stixObject
	var bundle stixObject
	var err error
	if text[0] == '[' {
		err = json.Unmarshal(text, &objects)
	} else if err = json.Unmarshal(text, &bundle); err == nil {
		if objects = bundle.Objects; bundle.Type == "indicator" {
			objects = []stixObject{bundle}
		} else if bundle.Type != "bundle" {
			return fmt.Errorf("is JSON, but its type is %.40q: a STIX 2.1 bundle is read", bundle.Type)
		}
	}
	if err != nil {
		return fmt.Errorf("is no STIX 2.1 bundle: %w", err)
	}
	names := map[string]string{}
	for _, o := range objects {
		if o.Type == "identity" {
			names[o.ID] = o.Name
		}
	}
	for i, o := range objects {
		if o.Type != "indicator" || o.Revoked {
			continue
		}
		desc := o.Name
		if desc == "" {
			desc = o.Description
		}
		if o.PatternType != "" && o.PatternType != "stix" {
			l.skip(i+1, fmt.Sprintf("a pattern of the type %.20q", o.PatternType))
			continue
		}
		if err := l.pattern(o.Pattern, Indicator{Desc: desc, Source: names[o.CreatedBy], Line: i + 1}); err != nil {
			return err
		}
	}
	return nil
}

var (
	comparison = regexp.MustCompile(`([a-z0-9-]+):([A-Za-z0-9_.'-]+)\s*(=|IN|ISSUBSET)\s*(\([^()]*\)|'(?:[^'\\]|\\.)*')`)
	literal    = regexp.MustCompile(`'((?:[^'\\]|\\.)*)'`)
	quoted     = regexp.MustCompile(`'(?:[^'\\]|\\.)*'`)
	joining    = regexp.MustCompile(`\b(AND|NOT|FOLLOWEDBY|LIKE|MATCHES)\b`)
)

// stixKinds are the properties that are indicators by themselves.
var stixKinds = map[string]Kind{
	"ipv4-addr:value": 0, "ipv6-addr:value": 0, "domain-name:value": Domain, "url:value": 0,
	"network-traffic:dst_ref.value": 0, "network-traffic:src_ref.value": 0,
}

// pattern takes the comparisons of a pattern whose parts are joined by OR: each
// is an indicator of its own.
func (l *List) pattern(p string, in Indicator) error {
	if joining.MatchString(quoted.ReplaceAllString(p, "''")) {
		l.skip(in.Line, "a pattern whose parts mean something only together (AND, FOLLOWEDBY, LIKE …)")
		return nil
	}
	found := comparison.FindAllStringSubmatch(p, -1)
	if len(found) == 0 {
		l.skip(in.Line, "a pattern without a comparison that is known")
	}
	for _, m := range found {
		kind, ok := stixKinds[m[1]+":"+m[2]]
		switch {
		case m[1] == "file" && strings.HasPrefix(m[2], "hashes."):
			kind, ok = Hash, true
		case m[1] == "file" && (m[2] == "path" || m[2] == "name"):
			kind, ok = Path, true
		}
		if !ok {
			l.skip(in.Line, fmt.Sprintf("a pattern about %.40s:%.40s", m[1], m[2]))
			continue
		}
		for _, v := range literal.FindAllStringSubmatch(m[4], -1) {
			in.Kind, in.Value = kind, strings.NewReplacer(`\'`, `'`, `\\`, `\`).Replace(v[1])
			if err := l.add(in); err != nil {
				return err
			}
		}
	}
	return nil
}
