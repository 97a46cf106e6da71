#!/bin/sh
# Runs the live tests of the kernel programs on another kernel, in QEMU.
#
#   bpf/vmtest.sh VMLINUZ
#
# VMLINUZ: a bzImage with initramfs, tmpfs, BTF and a serial console built in,
# such as Debian's (apt-get download linux-image-6.1.0-56-amd64; dpkg-deb -x …).
# Needs qemu-system-x86_64, busybox-static and Go. Takes a minute; ACCEL=kvm is faster where it works.
set -eu
kernel=$(realpath "$1")
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

mkdir -p "$root/bin" "$root/proc" "$root/sys" "$root/dev" "$root/tmp"
cp "$(command -v busybox)" "$root/bin/busybox"
for applet in sh mount mkdir cat poweroff chroot unshare ip grep; do
	ln -s busybox "$root/bin/$applet"
done
CGO_ENABLED=0 go test -c -o "$root/probe.test" ./live/probe
cat >"$root/init" <<'INIT'
#!/bin/sh
export PATH=/bin HOME=/tmp
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
mount -t cgroup2 cgroup /sys/fs/cgroup
ip link set lo up
cd /tmp
if /probe.test -test.v; then echo VMTEST PASSED; else echo VMTEST FAILED; fi
poweroff -f
INIT
chmod +x "$root/init"
(cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) >"$work/initrd"

timeout 300 qemu-system-x86_64 -accel "${ACCEL:-tcg}" -m 1500 -smp 2 -nographic -no-reboot \
	-kernel "$kernel" -initrd "$work/initrd" -append "console=ttyS0 quiet panic=1" </dev/null |
	grep -v -e '=== RUN' | tee "$work/out"
grep -q 'VMTEST PASSED' "$work/out"
