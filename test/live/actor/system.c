/* Scenes about the system: mounts, namespaces, the kernel's own doors. */
#define _GNU_SOURCE
#include "actor.h"

#include <linux/bpf.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/quota.h>
#include <sys/stat.h>

static void pivot(void) {
	mkdir("new", 0755);
	call(mount, "tmpfs", "new", "tmpfs", MS_NOSUID | MS_NODEV, "size=64k");
	mkdir("new/old", 0755);
	mkdir("new/etc", 0755);
	put("new/etc/hosts", "", 0644);
	call(pivot_root, "new", "new/old");
	call(chdir, "/");
	call(openat, AT_FDCWD, "/etc/hosts", O_RDONLY);
	call(openat, AT_FDCWD, "/old/etc/passwd", O_RDONLY);
	call(umount2, "/old", MNT_DETACH);
	call(pivot_root, "/absent", "/"); /* ENOENT */
}

void scene_mounts(void) {
	call(unshare, CLONE_NEWNS);
	call(mount, NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	mkdir("at", 0755);
	mkdir("bind", 0755);
	call(mount, "none", "at", "tmpfs", MS_NOEXEC, NULL);
	call(openat, AT_FDCWD, "at/file", O_CREAT | O_WRONLY, 0644);
	call(mount, "at", "/tmp/mounts/bind", NULL, MS_BIND, NULL);
	call(openat, AT_FDCWD, "bind/file", O_RDONLY);
	call(mount, "none", "absent", "tmpfs", 0, NULL); /* ENOENT */
	call(mount, "none", "at", "nosuchfs", 0, NULL);  /* ENODEV */
	call(umount2, "bind", 0);
	call(umount2, "at", MNT_DETACH | UMOUNT_NOFOLLOW);
	call(umount2, "absent", 0); /* ENOENT */
	int fs = (int)call(fsopen, "tmpfs", 0);
	call(fsconfig, fs, 6 /* FSCONFIG_CMD_CREATE */, NULL, NULL, 0);
	int mnt = (int)call(fsmount, fs, 0, 0);
	call(move_mount, mnt, "", AT_FDCWD, "at", 4 /* MOVE_MOUNT_F_EMPTY_PATH */);
	struct {
		uint64_t set, clear, propagation, userns;
	} attr = {.set = 1 /* MOUNT_ATTR_RDONLY */};
	call(mount_setattr, AT_FDCWD, "at", 0, &attr, sizeof attr);
	in_child(pivot);
}

void scene_spaces(void) {
	int uts = open("/proc/self/ns/uts", O_RDONLY);
	need(uts, "/proc/self/ns/uts");
	call(unshare, CLONE_NEWUTS | CLONE_NEWIPC);
	call(sethostname, "stage", 5);
	call(setns, uts, CLONE_NEWUTS);
	call(setns, uts, CLONE_NEWNET); /* EINVAL */
	call(setns, 999, 0);            /* EBADF */
	call(unshare, 0x40);            /* EINVAL */
}

static long bpf(int cmd, union bpf_attr *attr) { return call(bpf, cmd, attr, sizeof *attr); }

void scene_kernel(void) {
	union bpf_attr map = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1};
	bpf(BPF_MAP_CREATE, &map);
	map.max_entries = 0;
	bpf(BPF_MAP_CREATE, &map); /* EINVAL */
	struct perf_event_attr perf = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof perf, .config = PERF_COUNT_SW_CPU_CLOCK, .disabled = 1,
	};
	call(perf_event_open, &perf, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	call(perf_event_open, &perf, 0x3ffffff, -1, -1, 0UL); /* ESRCH */
	call(add_key, "user", "stoop-actor", "secret", 6, KEY_SPEC_PROCESS_KEYRING);
	call(request_key, "user", "stoop-actor", NULL, KEY_SPEC_PROCESS_KEYRING);
	call(keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 0, 0, 0);
	call(keyctl, KEYCTL_REVOKE, 0x7fffffff, 0, 0, 0); /* an error */
	call(userfaultfd, O_CLOEXEC | 1);
	call(userfaultfd, 0x7000); /* EINVAL */
	call(init_module, "not a module", 12UL, "");
	call(finit_module, 999, "param=1", 0); /* EBADF */
	call(delete_module, "absent", O_NONBLOCK);
	call(swapon, "/tmp/kernel/absent", 0);
	call(swapoff, "/tmp/kernel/absent");
	call(quotactl, QCMD(Q_SYNC, USRQUOTA), "/dev/absent", 0, NULL);
	call(reboot, 1, 2, 3, NULL); /* EINVAL: not the magic numbers */
}
