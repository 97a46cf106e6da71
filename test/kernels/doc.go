// Package kernels runs stoop on other kernels than the one of this machine.
//
// Each kernel is Debian's, taken with apt-get download and not installed, and
// boots in QEMU from an initramfs with busybox, stoop and the scripts of guest/.
// It needs no root and no KVM. A scene ends within some fifteen seconds, most
// of which QEMU spends on playing a processor.
//
// # Scenes
//
// guest/init mounts what a node has and runs one scene:
//
//	v2       containers are cgroups of the unified hierarchy
//	v1       there are only the old hierarchies
//	lacking  BTF, tracefs and rights are missing, one at a time
//
// v1 and v2 play guest/deeds in a container, watched by one stoop and recorded
// by its flight recorder; a second stoop reads the rings afterwards. What the
// kernel's own files say of the same deeds comes back with the events, as the
// oracle. All of it goes over the serial line, in frames (see [Output]).
//
// # Kernels of your own
//
// STOOP_VMLINUZ names further kernels, with colons between them: images that
// have BTF, initramfs and a serial console built in.
package kernels
