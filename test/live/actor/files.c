/* Scenes about files: how they are opened, named and owned. */
#define _GNU_SOURCE
#include "actor.h"

#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static int open2(int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
	struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
	return (int)call(openat2, dirfd, path, &how, sizeof how);
}

void scene_open(void) {
	need(mkdir("dir", 0755), "dir");
	put("file", "text", 0644);
	need(symlink("file", "link"), "link");
	int dir = (int)call(openat, AT_FDCWD, "dir", O_RDONLY | O_DIRECTORY);
	need(dir, "dir");

	call(openat, AT_FDCWD, "file", O_RDONLY);
	call(openat, AT_FDCWD, "/tmp/open/file", O_RDWR | O_CLOEXEC);
	call(openat, AT_FDCWD, "made", O_CREAT | O_EXCL | O_WRONLY, 0640);
	call(openat, AT_FDCWD, "made", O_CREAT | O_EXCL | O_WRONLY, 0640); /* EEXIST */
	call(openat, AT_FDCWD, "made", O_TRUNC | O_WRONLY | O_APPEND);
	call(openat, dir, "inside", O_CREAT | O_RDWR | O_NOCTTY, 0600);
	call(openat, dir, "../file", O_RDONLY | O_NONBLOCK);
	call(openat, dir, ".", O_TMPFILE | O_RDWR, 0600);
	call(openat, AT_FDCWD, "link", O_RDONLY);
	call(openat, AT_FDCWD, "link", O_RDONLY | O_NOFOLLOW); /* ELOOP */
	call(openat, AT_FDCWD, "file", O_PATH);
	call(openat, AT_FDCWD, "absent", O_RDONLY);            /* ENOENT */
	call(openat, AT_FDCWD, "absent/../x/./y", O_RDONLY);   /* ENOENT */
	call(openat, dir, "absent", O_RDWR);                   /* ENOENT */
	call(openat, AT_FDCWD, "file/x", O_RDONLY);            /* ENOTDIR */
	call(openat, AT_FDCWD, "dir", O_WRONLY);               /* EISDIR */
	call(openat, 999, "x", O_RDONLY);                      /* EBADF */
	call(openat, AT_FDCWD, "", O_RDONLY);                  /* ENOENT */
	call(openat, AT_FDCWD, NULL, O_RDONLY);                /* EFAULT */
	call(openat, AT_FDCWD, "/dev/null", O_WRONLY);
	call(openat, AT_FDCWD, "/proc/self/status", O_RDONLY);
	call(openat, AT_FDCWD, "sp ace\tand \"quote\" \xc3\xa4", O_CREAT | O_WRONLY, 0644);

	open2(AT_FDCWD, "file", O_RDONLY, 0, RESOLVE_BENEATH);
	open2(dir, "inside", O_RDWR | O_CLOEXEC, 0, 0);
	open2(dir, "new", O_CREAT | O_WRONLY, 0604, RESOLVE_NO_SYMLINKS);
	open2(dir, "../file", O_RDONLY, 0, RESOLVE_BENEATH);   /* EXDEV */
	open2(AT_FDCWD, "absent", O_RDONLY, 0, 0);             /* ENOENT */
#ifdef SYS_open
	call(open, "file", O_RDONLY);
	call(open, "opened", O_CREAT | O_WRONLY | O_TRUNC, 0600);
	call(open, "absent", O_RDWR); /* ENOENT */
	call(creat, "created", 0751);
	call(creat, "dir/created", 0640);
	call(creat, "dir", 0640); /* EISDIR */
#endif
	/* a file that is there no more, by its handle */
	struct {
		struct file_handle head;
		char space[128];
	} handle = {.head.handle_bytes = 128};
	int mount;
	if (call(name_to_handle_at, AT_FDCWD, "file", &handle, &mount, 0) == 0)
		call(open_by_handle_at, AT_FDCWD, &handle, O_RDONLY);
	handle.head.handle_bytes = 4;
	call(open_by_handle_at, AT_FDCWD, &handle, O_RDONLY);
}

void scene_names(void) {
	need(mkdir("dir", 0755), "dir");
	put("file", "", 0644);
	int dir = open("dir", O_RDONLY | O_DIRECTORY);
	need(dir, "dir");

	call(mkdirat, AT_FDCWD, "made", 0750);
	call(mkdirat, dir, "made", 01777);
	call(mkdirat, AT_FDCWD, "made", 0750);           /* EEXIST */
	call(mkdirat, AT_FDCWD, "absent/made", 0750);    /* ENOENT */
	call(linkat, AT_FDCWD, "file", dir, "hard", 0);
	call(linkat, AT_FDCWD, "absent", dir, "hard", 0); /* ENOENT */
	call(linkat, dir, "hard", AT_FDCWD, "hard2", AT_SYMLINK_FOLLOW);
	call(symlinkat, "/etc/passwd", AT_FDCWD, "soft");
	call(symlinkat, "../file", dir, "soft");
	call(symlinkat, "x", dir, "soft"); /* EEXIST */
	call(renameat2, AT_FDCWD, "hard2", dir, "hard3", 0);
	call(renameat2, AT_FDCWD, "file", dir, "hard3", RENAME_NOREPLACE); /* EEXIST */
	call(renameat2, AT_FDCWD, "file", dir, "hard3", RENAME_EXCHANGE);
#ifdef SYS_renameat
	call(renameat, dir, "hard3", AT_FDCWD, "hard4");
	call(renameat, dir, "absent", AT_FDCWD, "hard4"); /* ENOENT */
#endif
	call(unlinkat, dir, "soft", 0);
	call(unlinkat, dir, "absent", 0); /* ENOENT */
	call(unlinkat, dir, "made", 0);   /* EISDIR */
	call(unlinkat, dir, "made", AT_REMOVEDIR);
	call(unlinkat, AT_FDCWD, "soft", 0);
	call(unlinkat, AT_FDCWD, "/tmp/names/made", AT_REMOVEDIR);
#ifdef SYS_mkdir
	call(mkdir, "old", 0711);
	call(mkdir, "old", 0711);          /* EEXIST */
	call(link, "file", "old/hard");
	call(link, "file", "old/hard");    /* EEXIST */
	call(symlink, "hard", "old/soft");
	call(symlink, "x", "absent/soft"); /* ENOENT */
	call(rename, "old/hard", "old/moved");
	call(rename, "old/hard", "old/x"); /* ENOENT */
	call(unlink, "old/moved");
	call(unlink, "old/moved");         /* ENOENT */
	call(unlink, "old/soft");
	call(rmdir, "old");
	call(rmdir, "old");                /* ENOENT */
	call(rmdir, "dir");                /* ENOTEMPTY */
#endif
	call(mknodat, AT_FDCWD, "fifo", S_IFIFO | 0600, 0);
	call(mknodat, dir, "null", S_IFCHR | 0666, makedev(1, 3));
#ifdef SYS_mknod
	call(mknod, "fifo2", S_IFIFO | 0644, 0);
	call(mknod, "fifo2", S_IFIFO | 0644, 0); /* EEXIST */
#endif
}

void scene_perm(void) {
	put("file", "0123456789", 0644);
	int fd = open("file", O_RDWR), dir = open(".", O_RDONLY | O_DIRECTORY);
	need(fd, "file");
	call(fchmod, fd, 0600);
	call(fchmod, 999, 0600); /* EBADF */
	call(fchmodat, AT_FDCWD, "file", 04755);
	call(fchmodat, dir, "file", 0640);
	call(fchmodat, dir, "absent", 0640); /* ENOENT */
	call(fchmodat2, dir, "file", 0600, 0);
	call(fchmodat2, dir, "absent", 0600, AT_SYMLINK_NOFOLLOW); /* ENOENT */
	call(fchown, fd, 1000, 1001);
	call(fchownat, AT_FDCWD, "file", 0, 0, 0);
	call(fchownat, dir, "file", 65534, -1, AT_SYMLINK_NOFOLLOW);
	call(fchownat, dir, "absent", 1, 2, 0); /* ENOENT */
#ifdef SYS_chmod
	call(chmod, "file", 0777);
	call(chmod, "absent", 0777); /* ENOENT */
	call(chown, "file", 1, 2);
	call(lchown, "file", 3, 4);
	call(chown, "absent", 1, 2); /* ENOENT */
#endif
	call(truncate, "file", 4L);
	call(truncate, "absent", 4L); /* ENOENT */
	call(ftruncate, fd, 2L);
	call(ftruncate, 999, 2L); /* EBADF */
}

static void in_other_root(void) {
	mkdir("root", 0755);
	mkdir("root/etc", 0755);
	put("root/etc/hosts", "", 0644);
	call(chroot, "root");
	call(chdir, "/");
	call(openat, AT_FDCWD, "/etc/hosts", O_RDONLY);
	call(openat, AT_FDCWD, "etc/absent", O_RDONLY); /* ENOENT */
	call(chroot, "/absent");                        /* ENOENT */
}

void scene_cwd(void) {
	mkdir("a", 0755);
	mkdir("a/b", 0755);
	call(chdir, "a");
	call(openat, AT_FDCWD, "one", O_CREAT | O_WRONLY, 0644);
	call(chdir, "absent"); /* ENOENT */
	int up = open("..", O_RDONLY | O_DIRECTORY);
	call(chdir, "/tmp/cwd/a/b");
	call(openat, AT_FDCWD, "absent", O_RDONLY);    /* ENOENT */
	call(openat, AT_FDCWD, "../absent", O_RDONLY); /* ENOENT */
	call(fchdir, up);
	call(fchdir, 999); /* EBADF */
	call(openat, AT_FDCWD, "two", O_CREAT | O_WRONLY, 0644);
	call(unlinkat, AT_FDCWD, "two", 0);
	in_child(in_other_root);
}

/* Deeper than what the kernel side reads at once. */
void scene_deep(void) {
	char path[2048] = "";
	for (int i = 0; i < 24; i++) {
		size_t n = strlen(path);
		snprintf(path + n, sizeof path - n, "%sdirectory-%02d", i ? "/" : "", i);
		need(mkdir(path, 0755), path);
	}
	size_t n = strlen(path);
	snprintf(path + n, sizeof path - n, "/file");
	int fd = (int)call(openat, AT_FDCWD, path, O_CREAT | O_RDWR, 0644);
	call(fchmod, fd, 0600);
	strcpy(path + n, "/absent");
	call(openat, AT_FDCWD, path, O_RDONLY); /* ENOENT */
	strcpy(path + n, "/file");
	call(unlinkat, AT_FDCWD, path, 0);
	path[n] = 0;
	need(chdir(path), path);
	call(openat, AT_FDCWD, "here", O_CREAT | O_WRONLY, 0644);
	call(openat, AT_FDCWD, "missing", O_WRONLY); /* ENOENT */
	memset(path, 'n', 255);
	path[255] = 0;
	call(openat, AT_FDCWD, path, O_CREAT | O_WRONLY, 0644); /* the longest name there is */
	path[255] = 'n';
	path[256] = 0;
	call(openat, AT_FDCWD, path, O_CREAT | O_WRONLY, 0644); /* ENAMETOOLONG */
}
