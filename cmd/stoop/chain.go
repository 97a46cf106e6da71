package main

import (
	"bytes"
	"encoding/json"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/trail"
)

// chainKey is the member of JSON rows that holds the steps of a sequence.
const chainKey = "alert.sequence"

// appendChain appends the kill chain to an alert's object, as its document has
// it: the steps with fields of their events, and those that are missing.
func appendChain(object []byte, r event.Row, text event.AppendText) []byte {
	if r.Alert == 0 {
		return object
	}
	c := trail.ChainOf(r)
	if c == nil {
		return object
	}
	whole := object
	object = bytes.TrimSuffix(object, []byte("}"))
	if len(object) > 1 {
		object = append(object, ',')
	}
	object = append(safetext.AppendJSON(object, chainKey), ':')
	object, ok := appendClean(object, c.JSON(), text)
	if !ok {
		return whole
	}
	return append(object, '}')
}

// appendClean appends a JSON value, its texts written by text.
func appendClean(dst []byte, raw json.RawMessage, text event.AppendText) ([]byte, bool) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	type open struct {
		object bool
		n      int // tokens in it
	}
	var stack []open
	for {
		tok, err := dec.Token()
		if err != nil {
			return dst, false
		}
		end, _ := tok.(json.Delim)
		if n := len(stack); n > 0 && end != '}' && end != ']' {
			in := &stack[n-1]
			switch {
			case in.object && in.n%2 == 1:
				dst = append(dst, ':')
			case in.n > 0:
				dst = append(dst, ',')
			}
			in.n++
		}
		switch v := tok.(type) {
		case json.Delim:
			dst = append(dst, byte(v))
			if v == '{' || v == '[' {
				stack = append(stack, open{object: v == '{'})
			} else {
				stack = stack[:len(stack)-1]
			}
		case string:
			dst = text(dst, v)
		case json.Number:
			dst = append(dst, v...)
		case bool:
			if v {
				dst = append(dst, "true"...)
			} else {
				dst = append(dst, "false"...)
			}
		default:
			dst = append(dst, "null"...)
		}
		if len(stack) == 0 {
			return dst, true
		}
	}
}

// chainLines are what a table says of a sequence below its alert.
func chainLines(r event.Row, redact bool) (lines []string) {
	if r.Alert == 0 {
		return nil
	}
	c := trail.ChainOf(r)
	if c == nil {
		return nil
	}
	for _, l := range chainText(c, redact) {
		lines = append(lines, "    "+l)
	}
	return lines
}

// chainText tells a chain, a line a step.
func chainText(c *trail.Chain, redact bool) (lines []string) {
	happened, missing := c.Lines()
	for _, l := range missing {
		happened = append(happened, "not yet · "+l)
	}
	for _, l := range happened {
		if redact {
			l = safetext.Redact(l)
		}
		lines = append(lines, safetext.Line(l))
	}
	return lines
}
