/* What programs do all day and nobody watches, for the recorder of everything. */
#define _GNU_SOURCE
#include "actor.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <time.h>

void scene_everyday(void) {
	char buffer[1024]; /* of statx 256, of uname 390 */
	struct stat st;
	struct statfs fs;
	int fd = open("file", O_CREAT | O_RDWR, 0644), ends[2];
	need(fd, "file");
	call(write, fd, "0123456789", 10UL);
	call(lseek, fd, 2L, SEEK_SET);
	call(read, fd, buffer, 4UL);
	call(pread64, fd, buffer, 4UL, 1L);
	call(pwrite64, fd, "xyz", 3UL, 5L);
	struct iovec parts[2] = {{"ab", 2}, {"cd", 2}};
	call(writev, fd, parts, 2);
	call(fstat, fd, &st);
	call(newfstatat, AT_FDCWD, "file", &st, 0);
	call(newfstatat, AT_FDCWD, "absent", &st, AT_SYMLINK_NOFOLLOW); /* ENOENT */
	call(statx, AT_FDCWD, "file", AT_STATX_SYNC_AS_STAT, 0x7ffu, buffer);
	call(faccessat, AT_FDCWD, "absent", R_OK | W_OK); /* ENOENT */
	call(fsync, fd);
	call(fdatasync, fd);
	call(flock, fd, 2);
	call(fcntl, fd, F_GETFL);
	call(ioctl, fd, FIONREAD, buffer);
	call(ioctl, fd, 0x5401, buffer); /* ENOTTY */
	call(statfs, "/tmp", &fs);
	call(fstatfs, fd, &fs);
	call(setxattr, "file", "user.stoop", "v", 1UL, 0);
	call(getxattr, "file", "user.stoop", buffer, sizeof buffer);
	call(utimensat, AT_FDCWD, "file", NULL, 0);
	call(fallocate, fd, 0, 0L, 4096L);
	call(copy_file_range, fd, NULL, fd, NULL, 0UL, 0);
	need(symlinkat("target", AT_FDCWD, "link"), "link");
	call(readlinkat, AT_FDCWD, "link", buffer, sizeof buffer);
	call(getcwd, buffer, sizeof buffer);
	call(pipe2, ends, 0);
	call(write, ends[1], "through a pipe", 14UL);
	call(read, ends[0], buffer, sizeof buffer);
	struct pollfd p = {.fd = ends[0], .events = POLLIN};
	struct timespec none = {0, 1000};
	call(ppoll, &p, 1, &none, NULL, 8);
	call(nanosleep, &none, NULL);
	call(getpid);
	call(getppid);
	call(getuid);
	call(geteuid);
	call(getgid);
	call(getegid);
	call(gettid);
	call(getpgid, 0);
	call(getsid, 0);
	call(setpgid, 0, 0);
	call(umask, 077);
	call(uname, buffer);
	struct rlimit limit;
	call(prlimit64, 0, RLIMIT_NOFILE, NULL, &limit);
	call(getpriority, PRIO_PROCESS, 0);
	call(sched_yield);
	void *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	call(madvise, page, 4096UL, MADV_DONTNEED);
	call(mremap, page, 8192UL, 4096UL, MREMAP_MAYMOVE, NULL);
	call(munmap, page, 4096UL);
	call(getrandom, buffer, 8UL, 0);
	call(epoll_create1, 0);
	call(eventfd2, 1, 0);
	call(timerfd_create, CLOCK_MONOTONIC, 0);
	call(signalfd4, -1, buffer + 128, 8UL, 0);
	call(inotify_init1, O_CLOEXEC);
	call(getdents64, fd, buffer, sizeof buffer); /* ENOTDIR */
#ifdef SYS_access
	call(access, "file", F_OK);
	call(stat, "absent", &st); /* ENOENT */
	call(lstat, "link", &st);
	call(readlink, "link", buffer, sizeof buffer);
	call(getpgrp);
#endif
	call(sendfile, ends[1], fd, NULL, 4UL);
	call(shutdown, 999, SHUT_RDWR); /* EBADF */
	call(close, fd);
}
