package tui

import (
	"fmt"
	"testing"
)

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
