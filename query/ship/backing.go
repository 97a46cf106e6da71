package ship

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/stoop-project/stoop/query/conn"
)

// A data stream writes to the newest of its indices, and only that one knows
// that it has an id already. Documents that may have been sent before are looked
// up in the others first.

// clocks is how much the clocks of nodes and servers may differ.
const clocks = time.Hour

// backing is an index behind the stream.
type backing struct {
	name string
	made int64 // ms since 1970
}

type listed []backing

// indices lists the indices behind the stream, the oldest first; none when it is
// not there yet.
func (s *Shipper) indices(ctx context.Context) (listed, error) {
	var all listed
	_, err := s.conn.Do(ctx, conn.Request{
		Method: http.MethodGet, Path: conn.Path(s.stream, "_settings"),
		Query: url.Values{"filter_path": {"*.settings.index.creation_date"}, "flat_settings": {"false"}},
		Read: func(text []byte) error {
			var answer map[string]struct {
				Settings struct {
					Index struct {
						Made string `json:"creation_date"`
					} `json:"index"`
				} `json:"settings"`
			}
			all = nil
			if err := json.Unmarshal(text, &answer); err != nil {
				return err
			}
			for name, one := range answer {
				made, _ := strconv.ParseInt(one.Settings.Index.Made, 10, 64)
				all = append(all, backing{name, made})
			}
			return nil
		},
	})
	if kind, ok := conn.KindOf(err); ok && kind == conn.NoIndex {
		return nil, nil
	}
	slices.SortFunc(all, func(a, b backing) int {
		return cmp.Or(cmp.Compare(a.made, b.made), cmp.Compare(a.name, b.name))
	})
	return all, err
}

// reach returns the indices in which an event of a time may be: not those whose
// successor was there before it happened.
func (l listed) reach(oldest int64) (names []string) {
	for i, one := range l {
		if i+1 < len(l) && l[i+1].made > 0 && time.UnixMilli(l[i+1].made).Add(clocks).Before(time.Unix(0, oldest)) {
			continue
		}
		names = append(names, one.name)
	}
	return names
}

// known returns which of the documents are in an index already. Where there is
// one index that may hold them, nothing is asked: it says so itself.
func (s *Shipper) known(ctx context.Context, items []item, oldest int64) (map[string]bool, error) {
	all, err := s.indices(ctx)
	if err != nil {
		return nil, err
	}
	names := all.reach(oldest)
	if len(names) < 2 {
		return nil, nil
	}
	have := make(map[string]bool)
	for _, name := range names {
		ids := make([]string, 0, len(items))
		for _, it := range items {
			if !have[it.id] {
				ids = append(ids, it.id)
			}
		}
		if len(ids) == 0 {
			break
		}
		if err := s.lookUp(ctx, name, ids, have); err != nil {
			return nil, err
		}
	}
	return have, nil
}

// lookUp asks one index for ids. It knows documents that no search finds yet.
func (s *Shipper) lookUp(ctx context.Context, index string, ids []string, have map[string]bool) error {
	body, err := json.Marshal(map[string][]string{"ids": ids})
	if err != nil {
		return err
	}
	_, err = s.conn.Do(ctx, conn.Request{
		Method: http.MethodPost, Path: conn.Path(index, "_mget"), Body: body,
		Query: url.Values{"_source": {"false"}, "filter_path": {"docs._id,docs.found"}},
		Read: func(text []byte) error {
			var answer struct {
				Docs []struct {
					ID    string `json:"_id"`
					Found bool   `json:"found"`
				} `json:"docs"`
			}
			if err := json.Unmarshal(text, &answer); err != nil {
				return err
			}
			for _, d := range answer.Docs {
				if d.Found {
					have[d.ID] = true
				}
			}
			return nil
		},
	})
	if kind, ok := conn.KindOf(err); ok && kind == conn.NoIndex {
		return nil // it went meanwhile
	}
	return err
}
