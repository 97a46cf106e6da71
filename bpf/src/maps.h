/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* The maps: what user space tells the programs, and what they give back. */
#ifndef STOOP_MAPS_H
#define STOOP_MAPS_H

#define MAX_CALLS 1024 /* syscall numbers known; higher ones are recorded without arguments' meaning */

/* struct call.flags */
#define CALL_WATCH 0x01 /* wanted by a filter or a rule */
#define CALL_DEED 0x02	/* belongs to the deeds */
#define CALL_FOLLOW 0x04 /* leads the process table: not narrowed by user and name */

/* struct call.recipe: flags in the low 16 bits, then one byte an argument */
#define R_NARGS 0x0007	 /* number of arguments */
#define R_RET_FD 0x0008	 /* the result is a descriptor */
#define R_CREDS 0x0010	 /* give the credentials and capabilities as they are now */
#define R_NS 0x0020	 /* give the namespaces as they are now */
#define R_WRITE 0x0040	 /* a deed only when the descriptor returned is open for writing */
#define R_PROT_EXEC 0x0080 /* wanted only with PROT_EXEC in argument 2 */
#define R_CWD 0x0100	 /* give the working directory as it is now */
#define R_SUCCESS 0x0200 /* a deed only when it succeeded (or is in progress) */
#define R_EXEC 0x0400	 /* execve, execveat: success is told by KIND_EXEC */
#define R_OUT 0x0800	 /* payload flows out of the process */
#define R_NAMES 0x2000	 /* all arguments but raw ones are names */
#define R_TASK 0x1000	 /* give comm, session, process group as they are now */
#define R_PARTS (~0xffffULL | R_RET_FD | R_CREDS | R_NS | R_CWD | R_TASK) /* what there may be parts for */

/* kinds of argument in a recipe */
enum arg_kind {
	A_RAW = 0,
	A_FD = 1,	/* a descriptor of the caller */
	A_PATH = 2,	/* a name, relative to the A_DIRFD before it or to the working directory */
	A_STR = 3,	/* a string that names no file */
	A_DIRFD = 4,	/* base of the A_PATH that follows */
	A_ADDR = 5,	/* struct sockaddr; its length is the next argument */
	A_ADDR_OUT = 6, /* struct sockaddr; the next argument points to its length */
	A_FDPAIR = 7,	/* int[2] that the call filled */
	A_MSG = 8,	/* struct msghdr */
	A_BUF = 9,	/* payload of ret bytes */
	A_IOV = 10,	/* payload in struct iovec[] */
	A_ARGV = 11,	/* char *[] ending in NULL */
	A_STRUCT = 0x80, /* | n: a structure of 8*n bytes */
};

struct call {
	__u64 recipe;
	__u32 flags;
	__u32 pad;
};

/* How the key of a cgroup is found: struct settings.key. */
enum key_mode {
	KEY_V2 = 0,	/* id of the cgroup in the v2 hierarchy (css_set->dfl_cgrp->kn->id) */
	KEY_MEMORY = 1, /* id of the memory controller's cgroup (css_set->subsys[memory_cgrp_id]) */
	KEY_MNTNS = 2,	/* inum of the mount namespace */
};

enum scope_mode {
	SCOPE_ALL = 0,
	SCOPE_ONLY = 1,	  /* only what is in the map */
	SCOPE_EXCEPT = 2, /* all but that */
};

/* struct settings.options */
#define OPT_RAW_NAMES 0x01 /* the name as given, also where the kernel has the path */
#define OPT_DEEDS 0x02	   /* the deeds ring is on */
#define OPT_CLAIM 0x04	   /* a cgroup with its own pid namespace may take a ring from the pool */
#define OPT_DURATION 0x08  /* sys_enter is attached, for bulk */
#define OPT_EXEC 0x10	   /* exec, fork, exit wanted on the watch tier, each */
#define OPT_FORK 0x20
#define OPT_EXIT 0x40
#define OPT_URING 0x80
#define OPT_RENAME 0x100   /* other names of main threads wanted */
#define OPT_NAMES 0x200	   /* processes that change a name of the names map are kept */

/* What may change while attached. One element, written by user space. */
struct settings {
	__u32 options;
	__u32 self;	  /* tgid that is never watched: our own */
	__u32 cgroup_mode; /* enum scope_mode, of the scope map */
	__u32 uid_mode;	  /* of the uids map */
	__u32 name_mode;  /* of the names map */
	__u32 payload;	  /* bytes of payload, 0 for none */
	__u32 payload_any; /* also from files, not only terminals, pipes and sockets */
	__u32 pad;
};

/* Set once, before loading. */
const volatile __u32 key_mode = KEY_V2;
const volatile __u64 ring_seed = 0; /* random: makes the marks of a ring unforgeable */
const volatile bool many_cpus = false; /* more than MADE_CPUS */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct settings);
} config SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_CALLS);
	__type(key, __u32);
	__type(value, struct call);
} calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_CALLS);
	__type(key, __u32);
	__type(value, struct call);
} calls32 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u8);
} scope SEC(".maps");

#define MAX_SCOPED 1024 /* users, names */

/* Effective user ids. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_SCOPED);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __u8);
} uids SEC(".maps");

struct name {
	char s[16]; /* NULs at the end */
};

/* Names of processes, which are those of their main threads. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_SCOPED);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct name);
	__type(value, __u8);
} names SEC(".maps");

/* Processes (tgid) that are let through whatever their name: see scope.h. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __u8);
} renamed SEC(".maps");

#define KEPT_SOME 0x01 /* there have been some */
#define KEPT_ALL 0x02  /* one found no place: all processes are let through */
__u32 renamed_kept;

/* The watch tier's records. Never wakes anybody: the reader polls. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 32 << 20);
} events SEC(".maps");

/* Why records were lost, by cgroup: every record that was made and is nowhere. */
struct loss {
	__u64 full;    /* the event buffer was full */
	__u64 no_ring; /* a deed of a container that has no ring: the pool was empty */
	__u64 broken;  /* no scratch memory or ring memory (never seen) */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct loss);
} losses SEC(".maps");

/* Losses of cgroups that found no place in losses. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct loss);
} losses_rest SEC(".maps");

/* Where a record is put together: slot 0 for process context, 1 for what may interrupt it. */
#define BUF_SLACK 4608
struct scratch {
	__u32 off;
	__u32 pad;
	__u64 pointer; /* see scalar() */
	__u8 buf[REC_MAX + BUF_SLACK];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

/* When the running syscall of a recorded thread was entered. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} entered SEC(".maps");

#endif
