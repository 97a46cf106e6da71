package ship

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// refusedName is the file of what the server refused, beside the spool.
const refusedName = "refused.ndjson"

// refused keeps the documents that the server refused for their content, one a
// line, with the reason. What was on its way when a process was killed may be
// there twice.
type refused struct {
	path string
	max  int64

	mu   sync.Mutex
	f    *os.File
	size int64
}

// refusal is a line of the file.
type refusal struct {
	Stream   string          `json:"stream"`
	ID       string          `json:"id"`
	Type     string          `json:"type"`
	Reason   string          `json:"reason"`
	Document json.RawMessage `json:"document"`
}

var errRefusedFull = errors.New("the file of refused documents is as large as the spool may be")

// keep appends a document to the file.
func (r *refused) keep(one refusal) error {
	line, err := json.Marshal(one)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.f == nil {
		if r.f, err = os.OpenFile(r.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
			return err
		}
		st, err := r.f.Stat()
		if err != nil {
			return err
		}
		r.size = st.Size()
	}
	if r.size+int64(len(line)) > r.max {
		return errRefusedFull
	}
	n, err := r.f.Write(line)
	r.size += int64(n)
	return err
}

func (r *refused) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.f != nil {
		_ = r.f.Close()
		r.f = nil
	}
}

// appendFile moves the content of a file behind that of another.
func appendFile(to, from string) error {
	in, err := os.Open(filepath.Clean(from))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Close()); err != nil {
		return err
	}
	return os.Remove(from)
}
