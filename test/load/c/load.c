/* load: makes system calls at a rate and prints, as one line of JSON, exactly
   what it made. See --help. */
#define _GNU_SOURCE
#include "load.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MAX_THREADS = 64, MAX_SECONDS = 3600 };

struct options options = {.threads = 1, .dir = "/tmp", .path = NULL, .program = "/proc/self/exe"};
volatile sig_atomic_t stop;
static pthread_barrier_t ready, go;

static const char *const call_names[CALL_COUNT] = {
#define X(name) #name,
	CALLS(X)
#undef X
};

void die(const char *what) {
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void refuse(const char *what, const char *value) {
	fprintf(stderr, "load: %s: %s (see load --help)\n", what, value);
	exit(2);
}

/* The clock is read without a system call (vDSO). */
uint64_t now_ns(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void sleep_until(struct worker *w, uint64_t at) {
	struct timespec t = {.tv_sec = (time_t)(at / 1000000000u), .tv_nsec = (long)(at % 1000000000u)};
	w->made[CALL_clock_nanosleep]++;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

/* The share of a total that is this worker's: the first ones take the rest. */
static uint64_t share(uint64_t total, int number) {
	uint64_t each = total / (uint64_t)options.threads;
	return each + ((uint64_t)number < total % (uint64_t)options.threads ? 1 : 0);
}

void work(struct worker *w) {
	const uint64_t tick = 1000000; /* ns; between them the calls come in a burst */
	const uint64_t start = now_ns();
	const uint64_t end = options.duration > 0 ? start + (uint64_t)(options.duration * 1e9) : UINT64_MAX;
	const uint64_t most = options.count > 0 ? share(options.count, w->number) : UINT64_MAX;
	const double rate = options.rate / options.threads;
	step *const step = options.mode->step;

	uint64_t now = start;
	while (!stop && now < end && w->rounds < most) {
		/* How many are due now; without a rate, so many that the clock costs nothing. */
		uint64_t due = w->rounds + 256;
		if (rate > 0) {
			due = (uint64_t)((double)(now - start) * rate / 1e9) + 1;
		}
		if (due > most) {
			due = most;
		}
		while (w->rounds < due && !stop) {
			step(w);
			w->rounds++;
		}
		now = now_ns();
		if (rate > 0 && now < end && w->rounds < most) {
			/* Until the next round is due, but at least a tick. */
			uint64_t next = start + (uint64_t)((double)w->rounds * 1e9 / rate);
			if (next > now) {
				next = next < now + tick ? now + tick : next;
				sleep_until(w, next < end ? next : end);
				now = now_ns();
			}
		}
	}
	w->elapsed_ns = now - start;
}

static void *thread(void *argument) {
	struct worker *w = argument;
	w->pid = getpid();
	w->tid = (int)syscall(SYS_gettid);
	pthread_barrier_wait(&ready);
	pthread_barrier_wait(&go);
	work(w);
	return NULL;
}

static void on_signal(int signal) {
	(void)signal;
	stop = 1;
}

static void help(void) {
	puts("load MODE [--rate N] [--duration S | --count N] [--threads N] [--dir DIR] [--path FILE] [--program FILE] [--wait]\n"
	     "Makes system calls and prints what it made, as one line of JSON.\n");
	for (const struct mode *m = modes; m->name != NULL; m++) {
		printf("  %-10s %s\n", m->name, m->about);
	}
	puts("\n--rate      rounds a second of all threads together; without it, as many as go\n"
	     "--duration  seconds; --count rounds of all threads together; one of them is needed\n"
	     "--dir       where its own files are made (/tmp)\n"
	     "--path      what `file` opens (a file of its own)\n"
	     "--program   what `exec` runs (itself: a static program that ends at once)\n"
	     "--wait      print \"ready PID\", and begin when a line comes on stdin");
}

static double number(const char *name, const char *text, double most) {
	char *end;
	errno = 0;
	double v = strtod(text, &end);
	if (errno != 0 || end == text || *end != 0 || !(v > 0) || v > most) {
		fprintf(stderr, "load: --%s: %s is not a number above 0 and up to %.0f\n", name, text, most);
		exit(2);
	}
	return v;
}

static void parse(int argc, char **argv) {
	static const struct option known[] = {
		{"rate", required_argument, NULL, 'r'},   {"duration", required_argument, NULL, 'd'},
		{"count", required_argument, NULL, 'c'},  {"threads", required_argument, NULL, 't'},
		{"dir", required_argument, NULL, 'D'},    {"path", required_argument, NULL, 'p'},
		{"program", required_argument, NULL, 'x'}, {"wait", no_argument, NULL, 'w'},
		{"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
	};
	int c;
	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 'r': options.rate = number("rate", optarg, 1e9); break;
		case 'd': options.duration = number("duration", optarg, MAX_SECONDS); break;
		case 'c': options.count = (uint64_t)number("count", optarg, 1e12); break;
		case 't': options.threads = (int)number("threads", optarg, MAX_THREADS); break;
		case 'D': options.dir = optarg; break;
		case 'p': options.path = optarg; break;
		case 'x': options.program = optarg; break;
		case 'w': options.wait = true; break;
		case 'h': help(); exit(0);
		default: exit(2);
		}
	}
	if (optind + 1 != argc) {
		refuse("exactly one mode is needed", optind < argc ? argv[optind + 1] : "none");
	}
	for (const struct mode *m = modes; m->name != NULL; m++) {
		if (strcmp(m->name, argv[optind]) == 0) {
			options.mode = m;
		}
	}
	if (options.mode == NULL) {
		refuse("unknown mode", argv[optind]);
	}
	if (options.duration == 0 && options.count == 0) {
		refuse("--duration or --count is needed", "a load has an end");
	}
	if (strlen(options.dir) > 200) {
		refuse("--dir is too long", options.dir);
	}
}

static double seconds(struct timeval t) {
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void report(const struct worker *workers) {
	struct worker sum = {0};
	for (int i = 0; i < options.threads; i++) {
		const struct worker *w = &workers[i];
		for (int c = 0; c < CALL_COUNT; c++) {
			sum.made[c] += w->made[c];
		}
		sum.rounds += w->rounds;
		sum.failed += w->failed;
		sum.elapsed_ns = w->elapsed_ns > sum.elapsed_ns ? w->elapsed_ns : sum.elapsed_ns;
	}
	struct rusage own;
	getrusage(RUSAGE_SELF, &own);
	double elapsed = (double)sum.elapsed_ns / 1e9;
	printf("{\"mode\":\"%s\",\"pid\":%d,\"tids\":[", options.mode->name, getpid());
	for (int i = 0; i < options.threads; i++) {
		printf("%s%d", i > 0 ? "," : "", workers[i].tid);
	}
	printf("],\"seconds\":%.6f,\"cpu_seconds\":%.6f,\"rounds\":%" PRIu64 ",\"failed\":%" PRIu64, elapsed,
	       seconds(own.ru_utime) + seconds(own.ru_stime), sum.rounds, sum.failed);
	printf(",\"ns_round\":%.2f,\"rate\":%.1f,\"made\":{", sum.rounds ? (double)sum.elapsed_ns * options.threads / (double)sum.rounds : 0,
	       elapsed > 0 ? (double)sum.rounds / elapsed : 0);
	const char *comma = "";
	for (int c = 0; c < CALL_COUNT; c++) {
		if (sum.made[c] > 0) {
			printf("%s\"%s\":%" PRIu64, comma, call_names[c], sum.made[c]);
			comma = ",";
		}
	}
	puts("}}");
}

int main(int argc, char **argv) {
	if (argc == 2 && strcmp(argv[1], "--exit") == 0) {
		_exit(0); /* the child of exec mode */
	}
	parse(argc, argv);
	struct sigaction on_end = {.sa_handler = on_signal};
	sigaction(SIGINT, &on_end, NULL);
	sigaction(SIGTERM, &on_end, NULL);
	signal(SIGPIPE, SIG_IGN);

	static struct worker workers[MAX_THREADS];
	static pthread_t threads[MAX_THREADS];
	unsigned parties = (unsigned)options.threads + 1;
	pthread_barrier_init(&ready, NULL, parties);
	pthread_barrier_init(&go, NULL, parties);
	for (int i = 0; i < options.threads; i++) {
		workers[i].number = i;
		prepare(&workers[i]);
		if ((errno = pthread_create(&threads[i], NULL, thread, &workers[i])) != 0) {
			die("starting a thread");
		}
	}
	if (options.path == NULL) {
		options.path = workers[0].file;
	}
	pthread_barrier_wait(&ready);
	if (options.wait) {
		printf("ready %d\n", getpid());
		fflush(stdout);
		int c;
		while ((c = getchar()) != '\n' && c != EOF) {
		}
		if (c == EOF) {
			stop = 1; /* whoever started it has gone */
		}
	}
	pthread_barrier_wait(&go);
	for (int i = 0; i < options.threads; i++) {
		pthread_join(threads[i], NULL);
	}
	report(workers);
	for (int i = 0; i < options.threads; i++) {
		clear(&workers[i]);
	}
	return 0;
}
