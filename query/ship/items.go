package ship

import "bytes"

// item is one document on its way: the line that says what to do with it, and
// the document's, with their ends.
type item struct {
	id   string
	text []byte
}

// document returns the item's second line without its end.
func (i item) document() []byte {
	_, doc, _ := bytes.Cut(i.text, []byte("\n"))
	return bytes.TrimSuffix(doc, []byte("\n"))
}

const (
	actionHead = `{"create":{"_id":"`
	actionTail = "\"}}\n"
)

// appendAction appends the line that creates a document; ids have nothing that
// JSON escapes.
func appendAction(dst []byte, id func([]byte) []byte) []byte {
	return append(id(append(dst, actionHead...)), actionTail...)
}

// splitItems splits the text of a batch into its documents; nil when it is no
// such text.
func splitItems(text []byte) (items []item) {
	for len(text) > 0 {
		action := bytes.IndexByte(text, '\n') + 1
		doc := bytes.IndexByte(text[action:], '\n') + 1
		if action == 0 || doc == 0 {
			return nil
		}
		id, ok := bytes.CutPrefix(text[:action], []byte(actionHead))
		if ok {
			id, ok = bytes.CutSuffix(id, []byte(actionTail))
		}
		if !ok || len(id) == 0 || bytes.ContainsAny(id, `"\`) {
			return nil
		}
		items = append(items, item{id: string(id), text: text[:action+doc]})
		text = text[action+doc:]
	}
	return items
}
