package tui

import (
	"testing"
	"time"
)

func TestNumbers(t *testing.T) {
	for n, want := range map[int64][2]string{
		0: {"0", "0"}, 999: {"999", "999"}, 1000: {"1,000", "1.0k"}, 99_949: {"99,949", "99.9k"}, 99_950: {"99,950", "100k"},
		1_204_113: {"1,204,113", "1.2M"}, 999_499: {"999,499", "999k"}, -1234: {"-1,234", "-1234"}, 12_345_678_901: {"12,345,678,901", "12.3G"},
	} {
		if got := count(n); got != want[0] {
			t.Errorf("count(%d) = %q, want %q", n, got, want[0])
		}
		if got := short(n); n >= 0 && got != want[1] {
			t.Errorf("short(%d) = %q, want %q", n, got, want[1])
		}
	}
	for n, want := range map[int64]string{512: "512 B", 80_000: "78 KB", 5 << 20: "5.0 MB", 212 << 20: "212 MB", 3 << 29: "1.5 GB"} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestSpansAndOffsets(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 250 * time.Millisecond: "250ms", 12 * time.Second: "12s", 9*time.Minute + 50*time.Second: "9m50s",
		3*time.Hour + 4*time.Minute: "3h04m", 50 * time.Hour: "2d02h", 9410 * 24 * time.Hour: "25.8y",
	} {
		if got := span(d); got != want {
			t.Errorf("span(%v) = %q, want %q", d, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		0: "0", 1500: "+1.5 µs", -2 * time.Millisecond: "−2.00 ms", 3 * time.Second: "+3.000 s", -65 * time.Second: "−1m05s",
	} {
		if got := offset(int64(d)); got != want {
			t.Errorf("offset(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestSparkline(t *testing.T) {
	for _, c := range []struct {
		counts []int
		w      int
		want   string
	}{
		{nil, 3, "   "},
		{[]int{1, 8}, 4, "  ▁█"},
		{[]int{0, 1, 1000}, 3, " ▁█"}, // what is not nothing shows
		{[]int{9, 4, 8}, 2, "▄█"},     // the last ones
	} {
		if got := sparkline(c.counts, c.w); got != c.want {
			t.Errorf("sparkline(%v, %d) = %q, want %q", c.counts, c.w, got, c.want)
		}
	}
}

func TestParseJump(t *testing.T) {
	zone := time.FixedZone("EET", 2*3600)
	c := clock{zone: zone}
	cursor := time.Date(2026, 11, 23, 22, 2, 1, 0, zone)
	for text, want := range map[string]time.Time{
		"14:03":                time.Date(2026, 11, 23, 14, 3, 0, 0, zone),
		"14:03:05.5":           time.Date(2026, 11, 23, 14, 3, 5, 5e8, zone),
		"2026-11-22":           time.Date(2026, 11, 22, 0, 0, 0, 0, zone),
		"2026-11-22 08:30":     time.Date(2026, 11, 22, 8, 30, 0, 0, zone),
		"2026-11-22T08:30:01Z": time.Date(2026, 11, 22, 8, 30, 1, 0, time.UTC),
		"-5m":                  cursor.Add(-5 * time.Minute),
		"−1h30m":               cursor.Add(-90 * time.Minute),
		"+ 30s":                cursor.Add(30 * time.Second),
	} {
		ns, err := parseJump(text, c, cursor.UnixNano())
		if err != nil || !time.Unix(0, ns).Equal(want) {
			t.Errorf("%s: %v, %v; want %v", text, time.Unix(0, ns).In(zone), err, want)
		}
	}
	for _, text := range []string{"", "noon", "25:00", "+", "-5", "+5parsecs"} {
		if _, err := parseJump(text, c, 0); err == nil {
			t.Errorf("%q was read as a time", text)
		}
	}
}

func TestShellQuote(t *testing.T) {
	for in, want := range map[string]string{
		"live": "live", "/tmp/a b": "'/tmp/a b'", "it's": `'it'\''s'`, "": "''", "$(id)": "'$(id)'",
	} {
		if got := shellQuote(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}
