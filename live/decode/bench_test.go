//go:build linux

package decode

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/bpf"
	"github.com/stoop-project/stoop/internal/event"
)

// BenchmarkDecode measures records from the kernel's buffer to a batch, one
// core. The mix is that of a busy node: opens of a few thousand paths, reads,
// connections, and an exec with fork and exit for every hundred calls.
func BenchmarkDecode(b *testing.B) {
	var open, read, conn, mixed [][]byte
	for n := range 4096 {
		o := record(bpf.KindSyscall, "openat", 5, atCwd, 0x1000, unix.O_RDONLY|unix.O_CLOEXEC, 0).
			file(bpf.RoleRet, 5, bpf.FDReg, uint64(n)).path(bpf.RoleRet, fmt.Sprintf("file-%d", n), "shop", "lib", "var").bytes()
		r := record(bpf.KindSyscall, "read", 512, 5, 0x1000, 512).file(0, 5, bpf.FDReg, uint64(n)).path(0, fmt.Sprintf("file-%d", n), "shop", "lib", "var").bytes()
		c := record(bpf.KindSyscall, "connect", 0, 6, 0x1000, 16).
			sock(0, tcpEstablished, localhost, uint16(32768+n), [4]byte{10, 1, byte(n), 7}, 5432).sockaddr(1, [4]byte{10, 1, byte(n), 7}, 5432).bytes()
		open, read, conn = append(open, o), append(read, r), append(conn, c)
		mixed = append(mixed, o, r, c)
	}
	for _, m := range []struct {
		name string
		recs [][]byte
	}{{"open", open}, {"read", read}, {"connect", conn}, {"mixed", mixed}} {
		b.Run(m.name, func(b *testing.B) {
			d := newBench(Options{})
			b.ReportAllocs()
			b.ResetTimer()
			now := uint64(1)
			for n := 0; n < b.N; {
				for range min(8192, b.N-n) {
					rec := m.recs[n%len(m.recs)]
					le.PutUint64(rec[8:], now)
					d.Feed(rec)
					now += 100
					n++
				}
				d.Release(now, func(*event.Batch) {})
			}
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
			if s := d.Stats(); s.Made != uint64(b.N) {
				b.Fatalf("of %d records %+v", b.N, s)
			}
		})
	}
}
