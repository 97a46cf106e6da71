/* Scenes about what a process does to itself and its like: descriptors,
   signals, credentials, memory. */
#define _GNU_SOURCE
#include "actor.h"

#include <linux/capability.h>
#include <linux/close_range.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/uio.h>

void scene_fds(void) {
	int file = open("file", O_CREAT | O_RDWR, 0644), ends[2];
	call(dup, file);
	call(dup, 999); /* EBADF */
	call(dup3, file, 77, O_CLOEXEC);
	call(dup3, file, file, 0); /* EINVAL */
#ifdef SYS_dup2
	call(dup2, file, 78);
	call(dup2, 999, 79); /* EBADF */
	call(dup2, file, 0);
	call(pipe, ends);
#endif
	call(pipe2, ends, O_CLOEXEC | O_NONBLOCK);
	call(dup3, ends[1], 80, 0);
	call(pipe2, ends, O_TRUNC); /* EINVAL */
	call(socketpair, AF_UNIX, SOCK_STREAM, 0, ends);
	call(eventfd2, 5, EFD_CLOEXEC);
	call(epoll_create1, 0);
	call(fcntl, file, F_DUPFD_CLOEXEC, 90);
	call(close, file);
	call(close, 78);
	call(close, 999); /* EBADF */
	call(close_range, 77, 79, 0);
}

static void handler(int sig) { (void)sig; }

static void traced(void) {
	call(ptrace, PTRACE_TRACEME, 0, NULL, NULL);
}

void scene_signals(void) {
	signal(SIGUSR1, handler);
	signal(SIGUSR2, handler);
	call(kill, getpid(), 0);
	call(kill, getpid(), SIGUSR1);
	call(kill, 0x3ffffff, SIGTERM); /* ESRCH */
	call(kill, getpid(), 99);       /* EINVAL */
	call(tgkill, getpid(), getpid(), SIGUSR2);
	call(tkill, getpid(), SIGUSR1);
	call(tgkill, getpid(), 0x3ffffff, SIGUSR2); /* ESRCH */
	call(ptrace, PTRACE_ATTACH, 0x3ffffff, NULL, NULL); /* ESRCH */
	call(ptrace, PTRACE_SEIZE, getpid(), NULL, NULL);   /* EPERM */
	in_child(traced);
	char here[8] = "memory", there[8];
	struct iovec local = {there, sizeof there}, remote = {here, sizeof here};
	call(process_vm_readv, getpid(), &local, 1UL, &remote, 1UL, 0UL);
	call(process_vm_writev, getpid(), &local, 1UL, &remote, 1UL, 0UL);
	int pidfd = (int)call(pidfd_open, getpid(), 0);
	call(pidfd_getfd, pidfd, 1, 0);
}

static void other_uid(void) {
	call(setresgid, 101, 102, 103);
	call(setresuid, 201, 202, 203);
	call(openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
	call(openat, AT_FDCWD, "/root/x", O_RDONLY); /* EACCES */
	call(setuid, 0);                             /* EPERM */
}

static void no_caps(void) {
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{.effective = 1 << CAP_CHOWN, .permitted = 1 << CAP_CHOWN | 1 << CAP_KILL, .inheritable = 0}, {0},
	};
	call(capset, &head, data);
	call(openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
	data[0].permitted = ~0u;
	call(capset, &head, data); /* EPERM */
}

static void plain_ids(void) {
	call(setgid, 44);
	call(setuid, 55);
	call(openat, AT_FDCWD, "/etc/group", O_RDONLY);
}

static void pair_ids(void) {
	call(setregid, -1, 66);
	call(setreuid, 77, 77);
}

void scene_creds(void) {
	in_child(other_uid);
	in_child(plain_ids);
	in_child(pair_ids);
	in_child(no_caps);
	int groups[] = {5, 6};
	call(setgroups, 2, groups);
	call(prctl, PR_SET_NAME, "renamed", 0, 0, 0);
	call(openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
	call(prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	call(prctl, PR_SET_DUMPABLE, 1, 0, 0, 0);
	call(prctl, PR_CAPBSET_DROP, CAP_SYS_BOOT, 0, 0, 0);
	call(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	call(prctl, 9999, 1, 2, 3, 4); /* EINVAL */
}

void scene_memory(void) {
	int fd = (int)call(memfd_create, "hidden", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	call(memfd_create, "x", 0x7ff0u); /* EINVAL */
	need(ftruncate(fd, 4096), "memfd");
	void *page = (void *)call(mmap, NULL, 4096UL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
	call(mprotect, page, 4096UL, PROT_READ | PROT_EXEC);
	call(mprotect, page, 4096UL, PROT_READ);
	call(mprotect, page, 4096UL, PROT_READ | PROT_WRITE | PROT_EXEC);
	call(mprotect, (void *)1, 4096UL, PROT_EXEC); /* EINVAL */
	call(mmap, NULL, 8192UL, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
	call(mmap, NULL, 4096UL, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0L);
	call(mmap, NULL, 4096UL, PROT_EXEC, MAP_PRIVATE, 999, 0L); /* EBADF */
	call(ftruncate, fd, 1L);
}
