package tui

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"testing"
	"time"
)

// BenchmarkKeyToFrame measures, from outside in a real terminal, how long after
// a key the screen has changed, while events are held and arrive. STOOP_HELD
// and STOOP_RATE say how many; the project's bar is 10,000,000 and 50,000 a
// second.
func BenchmarkKeyToFrame(b *testing.B) {
	held, rate := setting("STOOP_HELD", "1000000"), setting("STOOP_RATE", "50000")
	term := start(b, "load", 120, 40, "STOOP_HELD="+held, "STOOP_RATE="+rate)
	term.wait("● live")
	for !read.MatchString(term.text()) { // what is held from the start is not counted as read
		time.Sleep(100 * time.Millisecond)
	}
	// Stop following and hold the table: what changes then is the answer to the key.
	term.press(" ")
	term.wait("paused")
	term.press("\x1b[H")
	time.Sleep(500 * time.Millisecond)
	var times []time.Duration
	for b.Loop() {
		mark := term.cursorLine()
		at := time.Now()
		term.press([]string{"j", "k"}[len(times)%2])
		for term.cursorLine() == mark {
			if time.Since(at) > time.Second {
				b.Fatalf("no frame within a second; the cursor was on line %d\n%s", mark, term.text())
			}
			time.Sleep(100 * time.Microsecond)
		}
		times = append(times, time.Since(at))
		time.Sleep(time.Duration(7+len(times)%13) * time.Millisecond)
	}
	slices.Sort(times)
	b.ReportMetric(ms(times[len(times)/2]), "ms-p50")
	b.ReportMetric(ms(times[len(times)*99/100]), "ms-p99")
	b.ReportMetric(ms(times[len(times)-1]), "ms-max")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkStart measures how long after its start a stoop has painted.
func BenchmarkStart(b *testing.B) {
	var times []time.Duration
	for b.Loop() {
		at := time.Now()
		term := start(b, "scene", 120, 40)
		term.changed(0)
		for !term.has("containers") {
			time.Sleep(100 * time.Microsecond)
		}
		times = append(times, time.Since(at))
		_ = term.cmd.Process.Kill()
	}
	slices.Sort(times)
	b.ReportMetric(ms(times[len(times)/2]), "ms-p50")
	b.ReportMetric(ms(times[len(times)-1]), "ms-max")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkDraw measures drawing alone: one frame of a screen in memory.
func BenchmarkDraw(b *testing.B) {
	for _, size := range [][2]int{{120, 40}, {200, 50}} {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			_, m := open(b, size[0], size[1])
			b.ReportAllocs()
			for b.Loop() {
				m.View()
			}
		})
	}
}

// read matches a status line by which something was read.
var read = regexp.MustCompile(`in [1-9][0-9,]* · `)

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func setting(name, without string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return without
}
