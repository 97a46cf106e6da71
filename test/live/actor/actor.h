/* An actor does, one after the other, what the scenes below say: each scene is
   a run of system calls of one kind, some of which fail. */
#ifndef ACTOR_H
#define ACTOR_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* X(name): what each does stands in the file named in its comment. */
#define SCENES(X) \
	X(open) X(names) X(perm) X(cwd) X(deep) /* files.c */ \
	X(exec) X(fork) X(thread) X(ends)       /* process.c */ \
	X(tcp4) X(tcp6) X(udp) X(local) X(dns)  /* net.c */ \
	X(fds) X(signals) X(creds) X(memory)    /* self.c */ \
	X(mounts) X(spaces) X(kernel)           /* system.c */ \
	X(uring)                                /* uring.c */ \
	X(everyday)                             /* everyday.c */

#define X(name) void scene_##name(void);
SCENES(X)
#undef X

#ifndef SYS_fchmodat2 /* Linux 6.6 */
#define SYS_fchmodat2 452
#endif

/* Calls go straight to the kernel: the C library would take another one. */
#define call(name, ...) syscall(SYS_##name, ##__VA_ARGS__)

/* Says what the scene needs and did not get, and ends it. */
void need(long result, const char *what);

/* Runs a part of a scene in a child, and waits for it. */
void in_child(void (*part)(void));

/* Makes a file with a text. */
void put(const char *path, const char *text, int mode);

#endif
