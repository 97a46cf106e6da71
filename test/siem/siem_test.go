package siem

import (
	"encoding/json"
	"testing"
)

// Each server takes all shapes of documents and gives them back.
func TestShapes(t *testing.T) {
	Each(t, func(t *testing.T, s *Server) {
		for _, shape := range s.Shapes(t) {
			var answer struct {
				Count int `json:"count"`
			}
			if err := json.Unmarshal(s.Do(t, "GET", "/"+shape.Index+"/_count", nil), &answer); err != nil {
				t.Fatal(err)
			}
			if answer.Count != len(shape.Docs) {
				t.Errorf("%s: %d of %d documents", shape.Name, answer.Count, len(shape.Docs))
			}
		}
	})
}

// A server that was killed has its documents when it is back.
func TestKill(t *testing.T) {
	s := Own(t, ES8)
	index := s.Index(t, "", []byte(`{"a":1}`))
	s.Kill(t)
	if err := s.alive(); err == nil {
		t.Fatal("it answers after its death")
	}
	s.Start(t)
	if got := string(s.Do(t, "GET", "/"+index+"/_count?filter_path=count", nil)); got != `{"count":1}` {
		t.Errorf("%s", got)
	}
}
