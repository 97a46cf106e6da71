// Package kernels runs stoop on other kernels than the one of this machine, and
// on other processors.
//
// Each kernel is Debian's, taken with apt-get download and not installed, and
// boots in QEMU from an initramfs with busybox, stoop and the scripts of guest/.
// Nothing of the machine's own apt is changed, for arm64 or an older release
// neither (see [Release]). It needs no root and no KVM. A scene ends within some
// fifteen seconds on amd64 and thirty on arm64, most of which QEMU spends on
// playing a processor.
//
// # Scenes
//
// guest/init mounts what a node has and runs one scene:
//
//	v2       containers are cgroups of the unified hierarchy
//	v1       there are only the old hierarchies
//	lacking  BTF, tracefs and rights are missing, one at a time
//	probe    the tests of live/probe: what the kernel programs write
//	calls    the actor of ../live/actor plays: the processors are compared
//
// v1 and v2 play guest/deeds in a container, watched by one stoop and recorded
// by its flight recorder; a second stoop reads the rings afterwards. What the
// kernel's own files say of the same deeds comes back with the events, as the
// oracle. All of it goes over the serial line, in frames (see [Output]).
//
// # Kernels of your own
//
// STOOP_VMLINUZ names further kernels, with colons between them: images of amd64
// or arm64 that have BTF, initramfs and a serial console built in. They play all
// scenes.
package kernels
