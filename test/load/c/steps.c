/* The modes: what one round does. Calls go straight to the kernel, so that a
   call is what its name says whatever the C library would make of it. */
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* MAKE makes a call, counts it, and counts it as failed unless it did what it should. */
#define MAKE(w, name, want, ...) make(w, CALL_##name, want, syscall(SYS_##name, ##__VA_ARGS__))

enum want { SUCCESS = 0, CLOSED = EBADF };

static long make(struct worker *w, enum call call, enum want want, long result) {
	w->made[call]++;
	if (want == SUCCESS ? result < 0 : !(result < 0 && errno == (int)want)) {
		w->failed++;
	}
	return result;
}

static void open_and_close(struct worker *w, const char *path, int flags) {
	long fd = MAKE(w, openat, SUCCESS, AT_FDCWD, path, flags, 0600);
	if (fd >= 0) {
		MAKE(w, close, SUCCESS, fd);
	}
}

static void step_getppid(struct worker *w) {
	MAKE(w, getppid, SUCCESS);
}

static void step_file(struct worker *w) {
	char buffer[64];
	long fd = MAKE(w, openat, SUCCESS, AT_FDCWD, options.path, O_RDONLY);
	if (fd >= 0) {
		MAKE(w, read, SUCCESS, fd, buffer, sizeof buffer);
		MAKE(w, close, SUCCESS, fd);
	}
}

/* fork (which the C library makes a clone), execve and exit of a child; its
   start-up calls are not counted. */
static void step_exec(struct worker *w) {
	char *argv[] = {(char *)options.program, "--exit", NULL};
	pid_t child = fork();
	w->made[CALL_clone]++;
	if (child < 0) {
		w->failed++;
		return;
	}
	if (child == 0) {
		execve(options.program, argv, environ);
		_exit(127);
	}
	int status = 0;
	make(w, CALL_wait4, SUCCESS, waitpid(child, &status, 0));
	w->made[CALL_execve]++;
	w->made[CALL_exit_group]++;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		w->failed++;
	}
}

/* One watched event a round, of three types in turn: the cheapest calls with no
   argument, with two, and with a descriptor, so that the rate is the reader's
   limit and not the generator's. */
static void step_watched(struct worker *w) {
	switch (w->rounds % 3) {
	case 0:
		MAKE(w, getppid, SUCCESS);
		break;
	case 1:
		MAKE(w, kill, SUCCESS, w->pid, 0);
		break;
	case 2:
		MAKE(w, dup, CLOSED, -1);
		break;
	}
}

/* A deed changes something. Eight deeds in turn, one a round; the number of the
   round is in the names, so that a reader can tell which ones it has. */
static void deed_connect(struct worker *w) {
	long fd = MAKE(w, socket, SUCCESS, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		return;
	}
	if (MAKE(w, connect, SUCCESS, fd, w->to, sizeof *w->to) == 0) {
		long peer = MAKE(w, accept4, SUCCESS, w->listener, NULL, NULL, SOCK_CLOEXEC);
		if (peer >= 0) {
			MAKE(w, close, SUCCESS, peer);
		}
	}
	MAKE(w, close, SUCCESS, fd);
}

static void step_deeds(struct worker *w) {
	unsigned long long turn = w->rounds / 8;
	char name[320], renamed[320];
	snprintf(name, sizeof name, "%s/deed-%d-%llu", options.dir, w->number, turn);
	snprintf(renamed, sizeof renamed, "%s/renamed-%d-%llu", options.dir, w->number, turn);
	switch (w->rounds % 8) {
	case 0:
		open_and_close(w, name, O_WRONLY | O_CREAT | O_TRUNC);
		break;
	case 1:
		MAKE(w, renameat, SUCCESS, AT_FDCWD, name, AT_FDCWD, renamed);
		break;
	case 2:
		MAKE(w, fchmodat, SUCCESS, AT_FDCWD, renamed, 0700);
		break;
	case 3:
		MAKE(w, unlinkat, SUCCESS, AT_FDCWD, renamed, 0);
		break;
	case 4:
		MAKE(w, mkdirat, SUCCESS, AT_FDCWD, name, 0700);
		break;
	case 5:
		MAKE(w, unlinkat, SUCCESS, AT_FDCWD, name, AT_REMOVEDIR);
		break;
	case 6:
		deed_connect(w);
		break;
	case 7:
		MAKE(w, setresuid, SUCCESS, -1, -1, -1);
		break;
	}
}

/* glibc's SYS_renameat is absent on newer architectures. */
#ifndef SYS_renameat
#error "use renameat2 here"
#endif

const struct mode modes[] = {
	{"getppid", step_getppid, "the cheapest call; nothing watches it"},
	{"file", step_file, "openat, read and close of --path"},
	{"exec", step_exec, "fork, execve of --program, wait"},
	{"watched", step_watched, "one watched event a round: getppid, kill, dup (of no descriptor)"},
	{"deeds", step_deeds, "one deed a round: create, rename, chmod, delete, mkdir, rmdir, connect and accept, setresuid"},
	{NULL, NULL, NULL},
};

void prepare(struct worker *w) {
	snprintf(w->file, sizeof w->file, "%s/load-%d-%d", options.dir, getpid(), w->number);
	int fd = open(w->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, "load\n", 5) != 5 || close(fd) != 0) {
		die(w->file);
	}
	w->listener = -1;
	if (options.mode->step != step_deeds) {
		return;
	}
	w->to = calloc(1, sizeof *w->to);
	w->to->sin_family = AF_INET;
	w->to->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	socklen_t size = sizeof *w->to;
	w->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (w->listener < 0 || bind(w->listener, (struct sockaddr *)w->to, size) != 0 || listen(w->listener, 16) != 0 ||
	    getsockname(w->listener, (struct sockaddr *)w->to, &size) != 0) {
		die("listening on loopback");
	}
}

/* Removes what prepare and an interrupted turn of deeds left. */
void clear(struct worker *w) {
	char name[320];
	unlink(w->file);
	if (options.mode->step == step_deeds) {
		unsigned long long turn = w->rounds == 0 ? 0 : (w->rounds - 1) / 8;
		snprintf(name, sizeof name, "%s/deed-%d-%llu", options.dir, w->number, turn);
		if (unlink(name) != 0) {
			rmdir(name);
		}
		snprintf(name, sizeof name, "%s/renamed-%d-%llu", options.dir, w->number, turn);
		unlink(name);
		close(w->listener);
		free(w->to);
	}
}
