/* A bounded generator of system calls that counts what it made. */
#ifndef LOAD_H
#define LOAD_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* What is counted, by the kernel's name of the call. */
#define CALLS(X) \
	X(getppid) X(openat) X(read) X(write) X(close) X(kill) X(unlinkat) X(renameat) X(mkdirat) X(fchmodat) X(dup) \
	X(socket) X(connect) X(accept4) X(setresuid) X(clone) X(execve) X(exit_group) X(wait4) X(clock_nanosleep)

enum call {
#define X(name) CALL_##name,
	CALLS(X)
#undef X
	CALL_COUNT
};

/* One thread's work. */
struct worker {
	int number;             /* from 0 */
	int pid, tid;
	uint64_t made[CALL_COUNT];
	uint64_t rounds;        /* a round is one call of step */
	uint64_t failed;        /* calls with a result other than the intended one */
	uint64_t elapsed_ns;
	int listener;           /* of deeds: a socket that accepts */
	struct sockaddr_in *to; /* its address */
	char file[256];         /* a file of its own */
};

/* A step makes one round's calls and counts them in the worker. */
typedef void step(struct worker *w);

struct mode {
	const char *name;
	step *step;
	const char *about;
};

extern const struct mode modes[];

/* What main read from the command line. */
struct options {
	const struct mode *mode;
	double rate;         /* rounds a second of all threads; 0 for as fast as possible */
	double duration;     /* seconds; 0 for none */
	uint64_t count;      /* rounds of all threads; 0 for none */
	int threads;
	const char *dir;     /* where its files are made */
	const char *path;    /* what file mode opens */
	const char *program; /* what exec mode runs */
	bool wait;           /* say "ready" and begin at a line on stdin */
};

extern struct options options;
extern volatile sig_atomic_t stop;

uint64_t now_ns(void);
void die(const char *what);

/* Makes what the steps use: the file and the listener of a worker. */
void prepare(struct worker *w);
void clear(struct worker *w);

/* Runs the mode's steps at its rate until its end. */
void work(struct worker *w);

#endif
