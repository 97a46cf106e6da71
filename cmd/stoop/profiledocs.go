package main

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/stoop-project/stoop/internal/recording"
)

// maxPretty bounds a file whose documents are not one a line: it is read whole.
const maxPretty = 64 << 20

// eachDocument calls yield with the documents of a file and the lines that they
// begin in: one a line, or, as people copy them from elsewhere, over several lines,
// in an array, or in a SIEM's answer to a search, whose hits hold them in _source.
func eachDocument(in io.Reader, yield func(line int, doc []byte)) error {
	var whole bytes.Buffer // what was read, where the first line begins a document and does not end it
	first, gather, last := true, false, 0
	err := recording.Lines(in, func(n int, line []byte) bool {
		if first {
			gather = len(line) > 0 && (line[0] == '[' || line[0] == '{' && !json.Valid(line))
		}
		first = false
		if gather && (line == nil || whole.Len()+len(line) > maxPretty) {
			gather = false
			eachLine(whole.Bytes(), yield)
		}
		if !gather {
			give(n, line, yield)
			return true
		}
		for ; last < n-1; last++ {
			whole.WriteByte('\n') // lines that are empty
		}
		whole.Write(line)
		return true
	})
	if gather && !stream(whole.Bytes(), yield) {
		eachLine(whole.Bytes(), yield)
	}
	return err
}

// give calls yield with the documents of one line.
func give(n int, line []byte, yield func(line int, doc []byte)) {
	if json.Valid(line) {
		unwrap(line, func(doc []byte) { yield(n, doc) })
		return
	}
	yield(n, line)
}

// stream reads a text as one JSON value after the other; it reports false, and calls
// nobody, when it is none.
func stream(text []byte, yield func(line int, doc []byte)) bool {
	type found struct {
		line  int
		value json.RawMessage
	}
	var all []found
	for d := json.NewDecoder(bytes.NewReader(text)); ; {
		var value json.RawMessage
		err := d.Decode(&value)
		if err == io.EOF {
			break
		}
		if err != nil {
			return false
		}
		start := int(d.InputOffset()) - len(value)
		all = append(all, found{1 + bytes.Count(text[:start], []byte{'\n'}), value})
	}
	for _, f := range all {
		give(f.line, f.value, yield)
	}
	return true
}

// eachLine calls yield with the documents of lines.
func eachLine(text []byte, yield func(line int, doc []byte)) {
	n := 0
	for line := range bytes.Lines(text) {
		n++
		if line = bytes.TrimSpace(line); len(line) > 0 {
			give(n, line, yield)
		}
	}
}

// unwrap takes the documents out of an array, of hits, and of an answer that has hits.
func unwrap(value []byte, yield func(doc []byte)) {
	var all []json.RawMessage
	if json.Unmarshal(value, &all) == nil {
		for _, member := range all {
			unwrap(member, yield)
		}
		return
	}
	var answer struct {
		Hits   *struct{ Hits []json.RawMessage }
		Source json.RawMessage `json:"_source"`
		Index  string          `json:"_index"`
	}
	err := json.Unmarshal(value, &answer)
	switch {
	case err == nil && answer.Hits != nil && answer.Hits.Hits != nil:
		for _, hit := range answer.Hits.Hits {
			unwrap(hit, yield)
		}
	case err == nil && answer.Index != "" && len(answer.Source) > 0:
		yield(oneLine(answer.Source))
	default:
		yield(oneLine(value))
	}
}

// oneLine writes a document without the blanks between its members: a line ends one.
func oneLine(doc []byte) []byte {
	var out bytes.Buffer
	if json.Compact(&out, doc) != nil {
		return doc
	}
	return out.Bytes()
}
