/* Scenes about processes: how they begin, what they run and how they end. */
#define _GNU_SOURCE
#include "actor.h"

#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

static char *const env[] = {"STOOP=played", "PATH=/bin", NULL};

static void exec_plain(void) {
	char *const argv[] = {"true", "one", "", "two words", "-x", NULL};
	call(execve, "/bin/true", argv, env);
}

static void exec_relative(void) {
	char *const argv[] = {"./true", "relative", NULL};
	call(execve, "./true", argv, env);
}

static void exec_script(void) {
	char *const argv[] = {"script.sh", "given", NULL};
	call(execve, "./script.sh", argv, env);
}

static void exec_bare(void) { /* no arguments, no environment */
	char *const argv[] = {"true", NULL};
	call(execve, "/bin/true", argv, NULL);
}

static void exec_many(void) { /* more than what is kept */
	static char long_arg[3000];
	char *argv[40] = {"true"};
	memset(long_arg, 'a', sizeof long_arg - 1);
	for (int i = 1; i < 39; i++)
		argv[i] = long_arg;
	call(execve, "/bin/true", argv, env);
}

static void copy_of_true(int to) {
	char buffer[65536];
	ssize_t n;
	int from = open("/bin/busybox", O_RDONLY);
	need(from, "/bin/busybox");
	while ((n = read(from, buffer, sizeof buffer)) > 0)
		need(write(to, buffer, (size_t)n), "copy");
	close(from);
}

static void exec_memfd(void) {
	char *const argv[] = {"true", "hidden", NULL};
	int fd = (int)call(memfd_create, "payload", MFD_CLOEXEC);
	copy_of_true(fd);
	call(execveat, fd, "", argv, env, AT_EMPTY_PATH);
}

static void exec_at(void) {
	char *const argv[] = {"true", "at", NULL};
	int bin = open("/bin", O_RDONLY | O_DIRECTORY);
	call(execveat, bin, "absent", argv, env, 0);          /* ENOENT */
	call(execveat, AT_FDCWD, "notexec", argv, env, AT_SYMLINK_NOFOLLOW); /* EACCES */
	call(execveat, bin, "true", argv, env, 0);
}

static void exec_as_other(void) {
	char *const argv[] = {"true", "other", NULL};
	call(setgid, 12);
	call(setuid, 34);
	call(execve, "/bin/true", argv, env);
}

void scene_exec(void) {
	char *const argv[] = {"x", "y", NULL};
	put("notexec", "plain", 0644);
	put("garbage", "no program", 0755);
	put("script.sh", "#!/bin/sh -e\nexit 0\n", 0755);
	int fd = open("true", O_CREAT | O_WRONLY, 0755);
	copy_of_true(fd);
	close(fd);
	call(execve, "/bin/absent", argv, env);  /* ENOENT */
	call(execve, "notexec", argv, env);      /* EACCES */
	call(execve, "garbage", argv, env);      /* ENOEXEC */
	call(execve, "../exec/absent", argv, env); /* ENOENT */
	in_child(exec_plain);
	in_child(exec_relative);
	in_child(exec_script);
	in_child(exec_bare);
	in_child(exec_many);
	in_child(exec_memfd);
	in_child(exec_at);
	in_child(exec_as_other);
}

static void reap(long pid) {
	need(pid, "a new process");
	waitpid((pid_t)pid, NULL, __WALL);
}

void scene_fork(void) {
	long pid = call(clone, SIGCHLD, NULL, NULL, NULL, 0);
	if (pid == 0)
		_exit(1);
	reap(pid);
	struct clone_args args = {.flags = CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD};
	pid = call(clone3, &args, sizeof args);
	if (pid == 0)
		_exit(2);
	reap(pid);
	args.flags = CLONE_NEWPID | CLONE_NEWUTS;
	pid = call(clone3, &args, sizeof args);
	if (pid == 0)
		_exit(3);
	reap(pid);
	args.flags = CLONE_THREAD; /* EINVAL without its fellows */
	call(clone3, &args, sizeof args);
	call(clone, CLONE_THREAD, NULL, NULL, NULL, 0); /* EINVAL */
#ifdef SYS_fork
	pid = call(fork);
	if (pid == 0)
		_exit(4);
	reap(pid);
	/* the child of vfork may touch nothing of ours but its registers */
	pid = vfork();
	if (pid == 0)
		_exit(5);
	reap(pid);
#endif
	call(setsid); /* new session */
	call(setsid); /* EPERM: leads one already */
}

static void *second(void *arg) {
	prctl(PR_SET_NAME, "second");
	call(openat, AT_FDCWD, "by-thread", O_CREAT | O_WRONLY, 0644);
	return arg;
}

static void *changes_image(void *arg) {
	char *const argv[] = {"true", "from-thread", NULL};
	call(execve, "/bin/true", argv, env);
	return arg;
}

static void exec_in_thread(void) {
	pthread_t t;
	pthread_create(&t, NULL, changes_image, NULL);
	pthread_join(t, NULL);
}

void scene_thread(void) {
	pthread_t t;
	pthread_create(&t, NULL, second, NULL);
	pthread_join(t, NULL);
	call(openat, AT_FDCWD, "by-main", O_CREAT | O_WRONLY, 0644);
	in_child(exec_in_thread);
}

static void by_term(void) { raise(SIGTERM); }
static void by_kill(void) { kill(getpid(), SIGKILL); }
static void by_fault(void) {
	volatile int *nowhere = NULL;
	*nowhere = 1;
}
static void by_17(void) { _exit(17); }
static void by_255(void) { _exit(255); }

void scene_ends(void) {
	in_child(by_term);
	in_child(by_kill);
	in_child(by_fault);
	in_child(by_17);
	in_child(by_255);
}
