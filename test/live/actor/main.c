/* actor TOKEN: prints "ready", then plays each scene whose name it reads, in a
   child and in a directory /tmp/SCENE of its own, and prints "done SCENE". A
   chdir to /scene/SCENE, which does not exist, marks the beginning for whoever
   watches. TOKEN makes the process easy to find. */
#define _GNU_SOURCE
#include "actor.h"

#include <sys/stat.h>

static const struct {
	const char *name;
	void (*play)(void);
} scenes[] = {
#define X(name) {#name, scene_##name},
	SCENES(X)
#undef X
};

void need(long result, const char *what) {
	if (result < 0) {
		fprintf(stderr, "actor: %s: %s\n", what, strerror(errno));
		_exit(9);
	}
}

void in_child(void (*part)(void)) {
	pid_t pid = fork();
	need(pid, "fork");
	if (pid == 0) {
		part();
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

void put(const char *path, const char *text, int mode) {
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, mode);
	need(fd, path);
	need(write(fd, text, strlen(text)), path);
	close(fd);
}

static void play(int n) {
	char dir[64];
	snprintf(dir, sizeof dir, "/scene/%s", scenes[n].name);
	call(chdir, dir);
	int status;
	pid_t pid = fork();
	need(pid, "fork");
	if (pid == 0) {
		snprintf(dir, sizeof dir, "/tmp/%s", scenes[n].name);
		need(mkdir(dir, 0755), dir);
		need(chdir(dir), dir);
		umask(022);
		scenes[n].play();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (status != 0)
		printf("failed %s %d\n", scenes[n].name, status);
	else
		printf("done %s\n", scenes[n].name);
	fflush(stdout);
}

int main(void) {
	char line[64];
	printf("ready\n");
	fflush(stdout);
	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = 0;
		size_t n = 0;
		while (n < sizeof scenes / sizeof *scenes && strcmp(scenes[n].name, line))
			n++;
		if (n == sizeof scenes / sizeof *scenes) {
			fprintf(stderr, "actor: no scene %s\n", line);
			return 2;
		}
		play((int)n);
	}
	return 0;
}
