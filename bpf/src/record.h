/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * The raw record: what the kernel programs write and package bpf reads.
 * record.go mirrors this file; TestLayout compares the two.
 *
 * A record is one contiguous run of bytes in the node's byte order:
 *
 *   struct rec_hdr         64 bytes
 *   __u64 args[nargs]      0..6 raw syscall arguments
 *   parts                  nparts times { struct part_hdr, payload, zero..7 bytes of padding }
 *
 * Every part starts on a multiple of 8. Padding bytes are not cleared: they mean nothing.
 */
#ifndef STOOP_RECORD_H
#define STOOP_RECORD_H

#define REC_VERSION 1
#define REC_MAX 8192	/* no record is longer, header included */
#define REC_NO_NR 0xffff /* nr of a record that no syscall made */

/* kinds of record */
enum rec_kind {
	KIND_SYSCALL = 1,	/* a syscall returned */
	KIND_EXEC = 2,		/* tp_btf sched_process_exec: the new image is in place */
	KIND_FORK = 3,		/* tp_btf sched_process_fork: header is the parent, PART_CHILD the child */
	KIND_EXIT = 4,		/* tp_btf sched_process_exit: a thread ends */
	KIND_URING_SUBMIT = 5,	/* tp_btf io_uring_submit_req (older kernels: io_uring_submit_sqe) */
	KIND_URING_COMPLETE = 6, /* tp_btf io_uring_complete: ret is the operation's result */
	KIND_RENAME = 7,	/* tp_btf task_rename: a main thread gets the name in PART_STRING */
};

/* rec_hdr.flags */
#define REC_COMPAT 0x01	   /* 32-bit entry: nr and args are those of the 32-bit table */
#define REC_DEED 0x02	   /* of a class that the deeds ring keeps */
#define REC_BULK 0x04	   /* written by the bulk recorder, not by the watch tier */
#define REC_CUT 0x08	   /* at least one part was left off or cut, because the record was full */
#define REC_NO_REGS 0x10   /* arguments were not to be had (all zero): successful execve */
#define REC_KTHREAD 0x20   /* a kernel thread, such as an io_uring worker, did it */
#define REC_RAW_TP 0x40	   /* came by the raw sys_exit fallback, not by its own tracepoint */

struct rec_hdr {
	__u32 len;	  /*  0 bytes of the whole record, a multiple of 8 */
	__u16 nr;	  /*  4 syscall number in the node's table (or the 32-bit one: REC_COMPAT) */
	__u8 kind;	  /*  6 enum rec_kind */
	__u8 version;	  /*  7 REC_VERSION */
	__u64 time;	  /*  8 ns, CLOCK_BOOTTIME (bpf_ktime_get_boot_ns), when the syscall returned */
	__u64 cgroup;	  /* 16 key of the cgroup; see struct settings.key */
	__u64 start;	  /* 24 ns, CLOCK_BOOTTIME, task->group_leader->start_boottime: with pid names a process */
	__u32 pid;	  /* 32 tgid in the first pid namespace */
	__u32 tid;	  /* 36 pid of the thread in the first pid namespace */
	__s64 ret;	  /* 40 result; -errno on failure */
	__u32 exec_id;	  /* 48 low 32 bits of task->self_exec_id: rises by one with every exec of the process */
	__u16 cpu;	  /* 52 */
	__u16 flags;	  /* 54 REC_* */
	__u32 uid;	  /* 56 effective uid (cred->euid) in the first user namespace */
	__u8 nargs;	  /* 60 0..6 */
	__u8 nparts;	  /* 61 */
	__u16 lost_parts; /* 62 bit mask by tag&15 of parts that did not fit; not 0 only with REC_CUT */
};

/* part_hdr.flags */
#define PART_CUT 0x01	      /* the payload is shorter than the original */
#define PART_FAULT 0x02	      /* user memory could not be read (paged out or a bad pointer); the payload ends there */
#define PART_ARGUMENT 0x04    /* read from user memory when the call returned: may differ from what the kernel saw */
#define PART_UNREACHABLE 0x08 /* PART_PATH: not below the process's root; the path is from the mount tree's root */
#define PART_DELETED 0x10     /* PART_PATH: the name was already unlinked */
#define PART_PEER 0x20	      /* PART_UNIX: the address of the other end */
#define PART_WRITE 0x40	      /* PART_PAYLOAD: written; without it: read */

/* part_hdr.role: which argument, or one of these */
#define ROLE_RET 0xf0	 /* the descriptor that the call returned */
#define ROLE_CWD 0xf1	 /* the working directory: base of relative name arguments */
#define ROLE_EXE 0xf2	 /* the image's file (mm->exe_file) */
#define ROLE_TASK 0xf3	 /* the thread itself */
#define ROLE_FD0 0xf4	 /* first descriptor of pipe, pipe2, socketpair */
#define ROLE_FD1 0xf5	 /* second descriptor of those */
#define ROLE_STDIN 0xf6	 /* descriptor 0 of a task at exec */
#define ROLE_STDOUT 0xf7 /* descriptor 1 of a task at exec */
#define ROLE_MSG 0xf8	 /* msg_name of a struct msghdr */
#define ROLE_CHILD 0xf9	 /* the child of a fork */
#define ROLE_STDERR 0xfa /* descriptor 2 of a task at exec */

struct part_hdr {
	__u8 tag;   /* enum part_tag */
	__u8 role;  /* argument index 0..5 or ROLE_* */
	__u8 flags; /* PART_* */
	__u8 aux;   /* by tag */
	__u32 len;  /* bytes of payload, without padding */
};

enum part_tag {
	PART_FILE = 1,	    /* struct part_file: of a descriptor (task->files) or of mm->exe_file */
	PART_PATH = 2,	    /* names from the leaf up, each { __u8 len; char name[len]; }; aux: number of names */
	PART_STRING = 3,    /* bytes of a user string without its NUL (strncpy_from_user) */
	PART_SOCKADDR = 4,  /* struct sockaddr as the caller gave or got it */
	PART_SOCK = 5,	    /* struct part_sock: from struct sock */
	PART_UNIX = 6,	    /* sun_path bytes of a unix socket (unix_sock->addr); abstract names begin with NUL */
	PART_ARGV = 7,	    /* NUL-separated arguments (mm->arg_start..arg_end); PART_CUT when longer */
	PART_ENV = 8,	    /* NUL-separated environment (mm->env_start..env_end) */
	PART_CREDS = 9,	    /* struct part_creds */
	PART_CAPS = 10,	    /* struct part_caps */
	PART_TASK = 11,	    /* struct part_task */
	PART_NS = 12,	    /* struct part_ns */
	PART_CHILD = 13,    /* struct part_child */
	PART_EXE = 14,	    /* struct part_exe */
	PART_PAYLOAD = 15,  /* first bytes of what was read or written */
	PART_ENTER = 16,    /* __u64 ns CLOCK_BOOTTIME when the syscall was entered */
	PART_URING = 17,    /* struct part_uring */
	PART_EXIT = 18,	    /* struct part_exit */
	PART_STRUCT = 19,   /* raw bytes of a structure in user memory, see the syscall's recipe */
};

/* kinds of descriptor: part_file.type */
enum fd_type {
	FD_OTHER = 0,
	FD_REG = 1,
	FD_DIR = 2,
	FD_CHR = 3,
	FD_BLK = 4,
	FD_FIFO = 5,
	FD_SOCK = 6,
	FD_LNK = 7,
	FD_ANON = 8, /* anon_inode: PART_PATH has its class: [eventpoll], [eventfd], bpf-map, … */
};

/* part_file.flags */
#define FILE_UPPER 0x01	   /* on overlayfs, and in its upper layer: changed or made by the container */
#define FILE_LOWER 0x02	   /* on overlayfs, not in the upper layer: as the image brought it */
#define FILE_UNLINKED 0x04 /* i_nlink is 0 */
#define FILE_MEMFD 0x08	   /* on the kernel's own shmem mount: memfd_create */
#define FILE_PIPEFS 0x10   /* an unnamed pipe */
#define FILE_CREATED 0x20  /* the open that made this descriptor made the file: FMODE_CREATED */

struct part_file {
	__u64 ino;   /*  0 inode->i_ino (of the overlay inode on overlayfs) */
	__u32 dev;   /*  8 super_block->s_dev, kernel encoding: major<<20 | minor */
	__s32 fd;    /* 12 descriptor, -1 for none */
	__u32 flags; /* 16 O_* : file->f_flags */
	__u16 mode;  /* 20 inode->i_mode: type and permissions */
	__u8 type;   /* 22 enum fd_type */
	__u8 marks;  /* 23 FILE_* */
	__u32 uid;   /* 24 owner, first user namespace */
	__u32 gid;   /* 28 */
	__u32 magic; /* 32 super_block->s_magic: names the filesystem */
	__u32 rdev;  /* 36 inode->i_rdev, device files only */
};

struct part_sock {
	__u16 family;	/*  0 AF_* */
	__u16 type;	/*  2 SOCK_* */
	__u16 proto;	/*  4 IPPROTO_* */
	__u8 state;	/*  6 TCP_* (sk_state) */
	__u8 pad;	/*  7 */
	__u16 sport;	/*  8 local port, host order */
	__u16 dport;	/* 10 remote port, host order; 0 after a refused connect: see PART_SOCKADDR */
	__u32 netns;	/* 12 inum of the socket's network namespace */
	__u8 saddr[16]; /* 16 local address; IPv4 in the first 4 bytes */
	__u8 daddr[16]; /* 32 remote address */
	__u64 ino;	/* 48 inode of the socket, 0 when it has none */
	__u64 peer;	/* 56 unix sockets: inode of the other end, 0 when not connected */
};

struct part_creds { /* task->cred, all in the first user namespace */
	__u32 uid, gid, euid, egid, suid, sgid, fsuid, fsgid;
	__u32 loginuid;	 /* 32 task->loginuid; 0xffffffff: nobody logged in */
	__u32 sessionid; /* 36 */
};

struct part_caps { /* bit n: capability n, linux/capability.h */
	__u64 inheritable, permitted, effective, bounding, ambient;
};

struct part_task {
	char comm[16];	    /*  0 */
	__u32 ppid;	    /* 16 real_parent->tgid */
	__u32 pgid;	    /* 20 first pid namespace */
	__u32 sid;	    /* 24 */
	__u32 vpid;	    /* 28 tgid in the process's own pid namespace */
	__u32 vtid;	    /* 32 */
	__u32 vpgid;	    /* 36 */
	__u32 vsid;	    /* 40 */
	__u32 tty;	    /* 44 kernel device number of the controlling terminal (signal->tty), 0: none */
	__u64 parent_start; /* 48 ns, start_boottime of real_parent's leader: names the parent with ppid */
};

struct part_ns { /* inums as in /proc/PID/ns */
	__u32 mnt, pid, net, uts, ipc, user, cgroup, pid_for_children;
};

struct part_child {
	__u64 start;  /*  0 ns, start_boottime of the child's leader */
	__u64 cgroup; /*  8 key of the child's cgroup */
	__u32 pid;    /* 16 tgid: equal to the parent's when a thread was made */
	__u32 tid;    /* 20 */
	__u32 vpid;   /* 24 tgid in the child's own pid namespace */
	__u32 vtid;   /* 28 */
	__u32 pidns;  /* 32 inum of that namespace */
	__u32 exec_id; /* 36 */
};

struct part_exe { /* inode of mm->exe_file */
	__s64 ctime; /* 0 ns since 1970 */
	__s64 mtime; /* 8 */
	__u32 old_tid; /* 16 thread that called exec, before it took over the leader's pid */
	__u32 argc;    /* 20 linux_binprm->argc */
	__u32 envc;    /* 24 linux_binprm->envc */
	__u32 pad;
};

/* part_uring.flags */
#define URING_HOLE 0x01	    /* the opcode's arguments are not decoded */
#define URING_NO_OPEN 0x02  /* completion whose submission was not seen */

struct part_uring {
	__u64 ctx;	 /*  0 address of io_ring_ctx, an identity only */
	__u64 req;	 /*  8 address of io_kiocb: joins submission with completion until the latter */
	__u64 user_data; /* 16 */
	__u64 off;	 /* 24 opcode's own: openat flags | mode<<32, connect address length, … */
	__s32 fd;	 /* 32 descriptor of the request, -1 for none */
	__u32 flags;	 /* 36 URING_* */
	__u32 req_flags; /* 40 low half of io_kiocb.flags */
	__u32 len;	 /* 44 */
	__u8 opcode;	 /* 48 IORING_OP_* */
	__u8 pad[7];
};

struct part_exit {
	__s32 code;	 /*  0 task->exit_code: wait(2) status */
	__u32 live;	 /*  4 threads of the process that still live; 0: the process is over */
	__u64 utime;	 /*  8 ns of this thread */
	__u64 stime;	 /* 16 */
};

#endif
