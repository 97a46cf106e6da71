package kernels

// Arch is a kind of processor that QEMU plays, by GOARCH's name for it, which is
// Debian's as well.
type Arch string

// The processors that stoop runs on.
const (
	AMD64 Arch = "amd64"
	ARM64 Arch = "arm64"
)

// machine is how a processor is played, and what builds for it.
type machine struct {
	qemu    []string // the program and what it plays
	console string   // the serial line
	cc      string   // of Debian's cross-compilers
	narrow  string   // GOARCH of its 32-bit programs
}

// The processors are as plain as may be: QEMU is slow at what later ones have
// (arm64's pointer authentication takes it half the time).
var machines = map[Arch]machine{
	AMD64: {[]string{"qemu-system-x86_64", "-cpu", "max"}, "ttyS0", "x86_64-linux-gnu-gcc", "386"},
	ARM64: {[]string{"qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72"}, "ttyAMA0", "aarch64-linux-gnu-gcc", "arm"},
}
