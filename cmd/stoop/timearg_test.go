package main

import (
	"testing"
	"time"
)

func TestTimeArg(t *testing.T) {
	now := time.Date(2026, 11, 23, 0, 10, 0, 0, time.Local)
	tests := []struct{ text, want string }{
		{"2026-11-20T15:04:05.5Z", "2026-11-20T15:04:05.5Z"},
		{"10m", "2026-11-23T00:00:00"},
		{"1.5d", "2026-11-21T12:10:00"},
		{"0s", "2026-11-23T00:10:00"},
		{"00:05", "2026-11-23T00:05:00"},
		{"23:50", "2026-11-22T23:50:00"}, // not in the future
		{"00:00:00", "2026-11-23T00:00:00"},
		{"2026-11-20 15:04", "2026-11-20T15:04:00"},
		{"2026-11-20", "2026-11-20T00:00:00"},
	}
	for _, tt := range tests {
		var arg, want timeArg
		if err := arg.UnmarshalText([]byte(tt.text)); err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		if err := want.UnmarshalText([]byte(tt.want)); err != nil {
			t.Fatal(err)
		}
		if got := arg.at(now); !got.Equal(want.abs) {
			t.Errorf("%s is %v, want %v", tt.text, got, want.abs)
		}
	}
	for _, bad := range []string{"", "tomorrow", "-10m", "25:00", "99999999999d", "2026-13-01", "1e400d", "NaNd"} {
		var arg timeArg
		if err := arg.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q is taken as a time: %v", bad, arg)
		}
	}
	if got := (timeArg{}).at(now); !got.IsZero() {
		t.Errorf("no time is %v", got)
	}
}

func TestByteSize(t *testing.T) {
	for text, want := range map[string]byteSize{"8MiB": 8 << 20, "64k": 64000, "1048576": 1 << 20} {
		var got byteSize
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%s is %d, %v; want %d", text, got, err, want)
		}
	}
	for _, bad := range []string{"", "much", "-1", "9999PiB"} {
		var got byteSize
		if err := got.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q is taken as a size: %d", bad, got)
		}
	}
}
